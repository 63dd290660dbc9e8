import type { Target } from '../../cache/index.ts';
import type { WorldTierWatch } from './world-tier.ts';

/** An older value that was taken by a tier although what made it outdated had been told to that tier before. */
export interface LateFill {
  readonly key: string;
  readonly version: number;
  /** What could be read when the tier was told. */
  readonly newest: number;
}

export interface FillJudgePorts {
  /** Full keys of everything that is judged. */
  readonly keys: readonly string[];
  /** The newest version of a key that can be read now. */
  newestOf(key: string): number;
  versionOf(value: unknown): number;
}

/**
 * The judge of fills of the lowest tier: once it was told to drop a key, no fill may bring back what could no longer be read from the store at that moment, as
 * whoever brings it has read before. Sharper than the judge of reads, as it needs nobody to come by and see. Of a tier above another one this cannot be said: it
 * is filled with what the lower one has, which may not have been told yet.
 */
export class FillJudge implements WorldTierWatch {
  readonly late: LateFill[] = [];
  readonly #ports: FillJudgePorts;
  readonly #atLeast: Map<string, number> = new Map();

  constructor(ports: FillJudgePorts) {
    this.#ports = ports;
  }

  dropped(target: Target | undefined): void {
    const { keys, newestOf } = this.#ports;
    for (const key of keys) if (isMeant(target, key)) this.#atLeast.set(key, newestOf(key));
  }

  filled(key: string, value: unknown): void {
    const [version, newest] = [this.#ports.versionOf(value), this.#atLeast.get(key) ?? 0];
    if (version < newest) this.late.push({ key, version, newest });
  }
}

/** Only what says so without a look at the tags. */
function isMeant(target: Target | undefined, key: string): boolean {
  if (!target) return true;
  if ('tag' in target) return false;
  if ('pattern' in target) return target.pattern === '*';
  const top = 'key' in target ? target.key : target.entity;
  return key === top || key.startsWith(`${top}:`);
}
