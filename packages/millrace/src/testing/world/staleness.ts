/*
 * The outside judge (Meta's Polaris asks the same question of its caches): it knows when each version became visible, hears what each
 * reader was given, and says by how much an answer was older than it may be. It shares nothing with the code it judges.
 */

export interface JudgedRead {
  readonly reader: string;
  readonly key: string;
  readonly version: number;
  /** When the read began, ms. */
  readonly startMs: number;
}

/** An answer that was older than its bound. */
export interface StaleRead extends JudgedRead {
  /** How long a newer version had been visible when the read began. */
  readonly staleMs: number;
  readonly boundMs: number;
  readonly newest: number;
}

export interface StalenessReport {
  readonly reads: number;
  /** Reads of an old version, within the bound or not. */
  readonly old: number;
  readonly worstMs: number;
  /** How long a newer version had been visible, for each read of an old one. */
  readonly agesMs: readonly number[];
  readonly violations: readonly StaleRead[];
}

export class StalenessChecker {
  readonly #visibleAtMs: Map<string, number[]> = new Map();
  readonly #ownFloor: Map<string, number> = new Map();
  readonly #violations: StaleRead[] = [];
  #reads = 0;
  readonly #agesMs: number[] = [];
  #worstMs = 0;

  /** Version `version` of `key` can be seen from now on. Versions come in order. */
  becameVisible(key: string, version: number, atMs: number): void {
    const times = this.#visibleAtMs.get(key) ?? [];
    times[version] = Math.min(times[version] ?? Number.POSITIVE_INFINITY, atMs);
    this.#visibleAtMs.set(key, times);
  }

  /** `reader` wrote this version and was told so: from now on it must not see an older one, however short the time. */
  acknowledged(reader: string, key: string, version: number): void {
    const name = `${reader} ${key}`;
    this.#ownFloor.set(name, Math.max(this.#ownFloor.get(name) ?? 0, version));
  }

  /** The lowest version `reader` may see of `key` for a read that begins now: taken before the read. */
  floorOf(reader: string, key: string): number {
    return this.#ownFloor.get(`${reader} ${key}`) ?? 0;
  }

  /** Judges one answer. `floor` was taken when the read began. */
  judge(read: JudgedRead, boundMs: number, floor = 0): void {
    this.#reads++;
    const times = this.#visibleAtMs.get(read.key) ?? [];
    const newer = times.findIndex((at, version) => version > read.version && at !== undefined && at < read.startMs);
    const staleMs = newer < 0 ? 0 : read.startMs - (times[newer] as number);
    if (newer >= 0) this.#agesMs.push(staleMs);
    this.#worstMs = Math.max(this.#worstMs, staleMs);
    const isBelowOwn = read.version < floor;
    if (staleMs > boundMs || isBelowOwn) this.#violations.push({ ...read, staleMs, boundMs: isBelowOwn ? 0 : boundMs, newest: times.length - 1 });
  }

  report(): StalenessReport {
    return { reads: this.#reads, old: this.#agesMs.length, agesMs: this.#agesMs, worstMs: this.#worstMs, violations: this.#violations };
  }
}
