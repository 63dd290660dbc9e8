import { type Duration, durationMs, formatDuration, parseDuration, type Rule } from '../kernel/index.ts';

/** How values of one kind are kept: an entity's declaration, or the options of a plain call, as the code reads them. */
export interface Policy {
  readonly ttlMs: (value: unknown) => number;
  /** TTLs are shortened by up to this share, so that what was stored together does not run out together. */
  readonly jitter: number;
  readonly staleForMs: number;
  readonly graceMs: number;
  readonly negativeTtlMs: number;
  /** Past it an older value within its grace is given instead of waiting on; `Infinity`: wait. */
  readonly softTimeoutMs: number;
  readonly loadTimeoutMs: number;
  /** One load for all processes, where a tier says whose it is; else one for this process. */
  readonly isLoadedOnce: boolean;
  readonly tags: (value: unknown) => readonly string[];
  /** How sure the source of a value was, 0 to 1; undefined where it does not say. */
  readonly confidence: ((value: unknown) => number) | undefined;
  /** Share of the TTL after which whoever asks has it refreshed behind; 1: never before its end. */
  readonly refreshAfter: number;
  /** Bytes, or undefined to have it estimated. */
  readonly size: ((value: unknown) => number) | undefined;
  readonly version: string;
}

const longestTtlMs = 365 * 86_400_000;

export const checkedTtlMs = (ttl: Duration): number => Math.min(longestTtlMs, durationMs(ttl));

/** A TTL: a duration, or a function of the value. */
export function ttlRule<Value>(): Rule<Duration | ((value: Value) => Duration), (value: Value) => number> {
  const read = (given: unknown): ((value: Value) => number) | undefined => {
    if (typeof given === 'function') return (value) => checkedTtlMs((given as (value: Value) => Duration)(value));
    const ms = parseDuration(given);
    return ms !== undefined && ms >= 1 && ms <= longestTtlMs ? () => ms : undefined;
  };
  return { suffix: '', allowed: `a duration from 1ms to ${formatDuration(longestTtlMs)}, or a function of the value`, fallback: undefined, read };
}
