import { type Duration, duration, durationMs, integer, oneOf, passed, type Rule, ratio, required, resolveOptions } from '../../kernel/index.ts';
import type { EntityId } from '../keys/index.ts';
import { checkedConfidence, confidenceTtl } from '../kinds.ts';
import { type Policy, ttlRule } from '../policy.ts';

/** The id that a changed row of a table makes outdated; undefined: none. */
// biome-ignore lint/suspicious/noExplicitAny: a row of a table, whose type nobody here knows
export type RowMapping<Id> = (row: any) => Id | undefined;

/** Which ids are kept fresh. */
export interface EntityWarming<Id extends EntityId> {
  /** The most used, by decayed counts of real questions, 0 to 100,000. @default 1000 */
  readonly keys?: number | undefined;
  /** Ids that are loaded at the start, and by `warmEssential`, however seldom they are asked for. */
  readonly essential?: readonly Id[] | (() => readonly Id[] | Promise<readonly Id[]>) | undefined;
}

/** One declaration for all there is to know about an entity. */
export interface EntityOptions<Id extends EntityId, Row> {
  /** The id a row was loaded by. */
  readonly key: (row: Row) => Id;
  /** How long a row is fresh, `'1ms'` to `'365d'`, or a function of the row; 0 keeps nothing. @default the cache's `defaultTtl`, '1h' */
  readonly ttl?: Duration | ((row: Row) => Duration) | undefined;
  /** How sure the source of a row was, 0 to 1; kept with it, told by `getEntry`, and what `minConfidence` of a reader is compared with. @default it does not say */
  readonly confidence?: ((row: Row) => number) | undefined;
  /** With `confidence` and no `ttl`: how long a row of low confidence is fresh; a surer one 2, 3 or 6 times as long (`confidenceTtl`). @default '5m' */
  readonly confidenceBase?: Duration | undefined;
  /** Longest TTL that a confidence gives, `'1ms'` to `'365d'`. @default '1h' */
  readonly maxTtl?: Duration | undefined;
  /** Share of the TTL, 0.1 to 1, after which the first who asks has the row loaded anew behind, while everybody is still given the fresh one. @default 1: not before its end */
  readonly refreshAfter?: number | undefined;
  /** Share of the TTL, 0 to 0.9, taken off by chance, so that what was loaded together does not run out together. @default 0.1 */
  readonly jitter?: number | undefined;
  /** For so long after the TTL a row is given at once while it is refreshed behind, 0 to `'45d'`. @default 0: never */
  readonly staleFor?: Duration | undefined;
  /** For so long after the TTL a row is given when loading fails, 0 to `'45d'`: the grace. @default 0: the failure is thrown */
  readonly staleIfError?: Duration | undefined;
  /** How long "there is no such row" is believed, 0 to `'1d'`. @default '5s' */
  readonly negativeTtl?: Duration | undefined;
  /** Longest wait while a row within its grace is there, `'1ms'` to `'1h'`; past it that one is given and the load goes on behind. @default none */
  readonly softTimeout?: Duration | undefined;
  /** Longest time the loader may take, `'1ms'` to `'1h'`; past it it is told to stop and the load has failed. @default '30s' */
  readonly loadTimeout?: Duration | undefined;
  /**
   * Who shares one load of a row: `fleet` asks a tier that several processes share whose turn it is, and the others wait for the row; `process` lets each process
   * load for itself. Without such a tier there is no difference. @default 'fleet'
   */
  readonly singleFlight?: 'process' | 'fleet' | undefined;
  /** Ids in one call of the loader, 1 to 65,535. @default 500 */
  readonly maxBatch?: number | undefined;
  /** Names under which the row can be dropped with others: `category:7`. At most 64. */
  readonly tags?: ((row: Row) => readonly string[]) | undefined;
  /** Tables whose changed rows make entries outdated, and which ones: `{ products: (row) => row.id }`. Used by `invalidate({ table, rows })`. */
  readonly tables?: Readonly<Record<string, RowMapping<Id>>> | undefined;
  /**
   * Keep the most used ids fresh: each round of warming (`cache.warming.schedule`) loads those of them that memory lacks or that end before the next one. `true`: the
   * 1,000 most used. @default false
   */
  readonly warm?: boolean | EntityWarming<Id> | undefined;
  /** Change it when the shape of a row changes: what other processes stored under another version is a miss. @default '1' */
  readonly version?: string | number | undefined;
  /** Bytes a row keeps in memory. @default estimated */
  readonly size?: ((row: Row) => number) | undefined;
}

const longestStale = '45d';

const version: Rule<string | number, string> & { readonly fallback: string } = {
  suffix: '',
  allowed: 'a text or a number',
  fallback: '1',
  read: (value) => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined),
};

const rules = {
  key: required(passed<(row: unknown) => EntityId>()),
  ttl: ttlRule<unknown>(),
  confidence: passed<(row: unknown) => number>(),
  confidenceBase: duration('1ms', '365d', '5m'),
  maxTtl: duration('1ms', '365d', '1h'),
  refreshAfter: ratio(0.1, 1, 1),
  jitter: ratio(0, 0.9, 0.1),
  staleFor: duration(0, longestStale, 0),
  staleIfError: duration(0, longestStale, 0),
  negativeTtl: duration(0, '1d', '5s'),
  softTimeout: duration('1ms', '1h'),
  loadTimeout: duration('1ms', '1h', '30s'),
  singleFlight: oneOf(['process', 'fleet'], 'fleet'),
  maxBatch: integer(1, 65_535, 500),
  tags: passed<(row: unknown) => readonly string[]>(),
  tables: passed<Readonly<Record<string, RowMapping<EntityId>>>>(),
  warm: passed<boolean | EntityWarming<EntityId>>(),
  version,
  size: passed<(row: unknown) => number>(),
};

export interface ResolvedEntity {
  readonly policy: Policy;
  readonly keyOf: (row: unknown) => EntityId;
  readonly maxBatch: number;
  readonly tables: Readonly<Record<string, RowMapping<EntityId>>>;
  /** Ids that are kept fresh: at most so many; 0: none. */
  readonly warmedKeys: number;
  readonly essential: () => readonly EntityId[] | Promise<readonly EntityId[]>;
}

const warmRules = { keys: integer(0, 100_000, 1000), essential: passed<ResolvedEntity['essential'] | readonly EntityId[]>() };

const untagged: readonly string[] = [];

/** @internal */
export function resolveEntityOptions(name: string, given: object, defaultTtlMs: number): ResolvedEntity {
  const read = resolveOptions(`cache.entity.${name}`, given, rules);
  const { jitter, staleForMs, negativeTtlMs, loadTimeoutMs, version, size, confidence, refreshAfter } = read;
  const sure = confidence && ((row: unknown) => checkedConfidence(confidence(row)));
  const policy: Policy = {
    ttlMs: read.ttl ?? (sure ? (row) => durationMs(confidenceTtl(sure(row), read.confidenceBaseMs, read.maxTtlMs)) : () => defaultTtlMs),
    confidence: sure,
    refreshAfter,
    tags: read.tags ?? (() => untagged),
    graceMs: read.staleIfErrorMs,
    softTimeoutMs: read.softTimeoutMs ?? Number.POSITIVE_INFINITY,
    isLoadedOnce: read.singleFlight === 'fleet',
    ...{ jitter, staleForMs, negativeTtlMs, loadTimeoutMs, version, size },
  };
  return { policy, keyOf: read.key, maxBatch: read.maxBatch, tables: read.tables ?? {}, ...warmingOf(name, read.warm) };
}

function warmingOf(name: string, warm: boolean | EntityWarming<EntityId> | undefined): Pick<ResolvedEntity, 'warmedKeys' | 'essential'> {
  if (warm === undefined || warm === false) return { warmedKeys: 0, essential: () => [] };
  const { keys, essential = [] } = resolveOptions(`cache.entity.${name}.warm`, warm === true ? undefined : warm, warmRules);
  return { warmedKeys: keys, essential: typeof essential === 'function' ? essential : () => essential };
}
