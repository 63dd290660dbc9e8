import { type Duration, durationMs, parseDuration, passed, type Rule, ratio, resolveOptions } from '../../kernel/index.ts';
import { checkedConfidence, confidenceTtl } from '../kinds.ts';
import { checkedTtlMs, type Policy } from '../policy.ts';

/** A time as the plain calls take it: a bare number is *seconds*, as in the source documents; with a unit (`'5m'`, `'250ms'`) it says so itself. */
export type PlainTtl = Duration;

/** How `getOrSet` keeps what it loads. Bare numbers are seconds here. */
export interface GetOrSetOptions<Value> {
  /** Up to a year; 0 keeps nothing. @default the cache's `defaultTtl`, '1h' */
  readonly ttl?: PlainTtl | ((value: Value) => PlainTtl) | undefined;
  /** After the TTL the value is given at once for so long, up to 45 days, while it is refreshed behind. @default 0 */
  readonly staleFor?: PlainTtl | undefined;
  /** After the TTL the value is given for so long, up to 45 days, when loading fails. @default 0 */
  readonly staleIfError?: PlainTtl | undefined;
  /** Share of the TTL, 0 to 0.9, taken off by chance. @default 0.1 */
  readonly jitter?: number | undefined;
  /** Longest time the loader may take, up to an hour. @default 30 */
  readonly loadTimeout?: PlainTtl | undefined;
  /** How sure the source of the value was, 0 to 1. Without a `ttl` it decides how long the value is fresh: see `confidenceTtl`. */
  readonly confidence?: ((value: Value) => number) | undefined;
  /** Longest TTL that a confidence gives. @default 3600 */
  readonly maxTtl?: PlainTtl | undefined;
  /** Names under which the value can be dropped with others. At most 64. */
  readonly tags?: readonly string[] | undefined;
}

/** Milliseconds of a TTL given to a plain call; throws `MILLRACE_CONFIG` where it is none, negative or NaN. */
export const plainTtlMs = (ttl: PlainTtl): number => checkedTtlMs(typeof ttl === 'number' ? ttl * 1000 : ttl);

const plainDuration = (longest: Duration, fallback: PlainTtl): Rule<PlainTtl, number, 'Ms'> & { readonly fallback: PlainTtl } => {
  const longestMs = durationMs(longest);
  const read = (value: unknown): number | undefined => {
    const ms = parseDuration(typeof value === 'number' ? value * 1000 : value);
    return ms !== undefined && ms <= longestMs ? ms : undefined;
  };
  return { suffix: 'Ms', allowed: `a number of seconds or a duration such as 5m, up to ${longest}`, fallback, read };
};

const rules = {
  ttl: passed<PlainTtl | ((value: unknown) => PlainTtl)>(),
  staleFor: plainDuration('45d', 0),
  staleIfError: plainDuration('45d', 0),
  jitter: ratio(0, 0.9, 0.1),
  loadTimeout: plainDuration('1h', 30),
  confidence: passed<(value: unknown) => number>(),
  maxTtl: plainDuration('365d', 3600),
  tags: passed<readonly string[]>(),
};

const untagged: readonly string[] = [];

const byConfidence =
  (confidence: (value: unknown) => number, maxTtlMs: number) =>
  (value: unknown): number =>
    durationMs(confidenceTtl(confidence(value), confidenceBase, maxTtlMs));
const confidenceBase = '5m';

/** @internal What a plain call asks for, as the code reads it. */
export function plainPolicy(given: GetOrSetOptions<never> | undefined, defaultTtlMs: number): Policy {
  const { ttl, staleForMs, staleIfErrorMs, jitter, loadTimeoutMs, confidence, maxTtlMs, tags = untagged } = resolveOptions('cache.getOrSet', given, rules);
  const fixedMs = typeof ttl === 'function' ? 0 : ttl === undefined ? defaultTtlMs : plainTtlMs(ttl);
  return {
    ttlMs: typeof ttl === 'function' ? (value) => plainTtlMs(ttl(value)) : ttl === undefined && confidence ? byConfidence(confidence, maxTtlMs) : () => fixedMs,
    confidence: confidence && ((value) => checkedConfidence(confidence(value))),
    refreshAfter: 1,
    graceMs: staleIfErrorMs,
    negativeTtlMs: 0,
    softTimeoutMs: Number.POSITIVE_INFINITY,
    tags: () => tags,
    size: undefined,
    version: '',
    isLoadedOnce: true,
    ...{ jitter, staleForMs, loadTimeoutMs },
  };
}
