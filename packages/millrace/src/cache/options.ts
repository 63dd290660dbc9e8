import { type ByteSize, type Duration, duration, flag, integer, passed, resolveOptions, size, text } from '../kernel/index.ts';

export interface MemoryOptions {
  /** Bytes of all entries together, keys and upkeep included, estimated: `'1MiB'` to `'1024GiB'`. @default '64MiB' */
  readonly size?: ByteSize | undefined;
  /** Entries at once, 1 to 2^30, beside the bound in bytes. @default 2^30: bounded by size alone */
  readonly maxEntries?: number | undefined;
}

/** How warming goes on, for all entities that ask for it. */
export interface WarmingOptions {
  /** When: a cron expression of five fields, or six with seconds first, in UTC; `'off'`: never. @default every five minutes */
  readonly schedule?: string | undefined;
  /** Batches that are loaded at once, 1 to 64. @default 4 */
  readonly concurrency?: number | undefined;
}

/** @internal */
export const defaultSchedule: string = '*/5 * * * *';

export interface CacheOptions {
  /** The tier inside the process. */
  readonly memory?: MemoryOptions | undefined;
  /** TTL where an entity or call names none, `'1ms'` to `'365d'`. @default '1h' */
  readonly defaultTtl?: Duration | undefined;
  /** Longest time one call of a tier below memory may take, `'1ms'` to `'10s'`; past it the request goes on without that tier. @default '80ms' */
  readonly tierBudget?: Duration | undefined;
  /**
   * Tables whose changes drop the results of cached statements that name them: the same list in every process of a service. Their changes are followed as those of
   * entities are. @default none: such a result lives for 30 seconds
   */
  readonly queryTables?: readonly string[] | undefined;
  /** When and how the most used entries are kept fresh, for entities that ask for it (`warm`). */
  readonly warming?: WarmingOptions | undefined;
  /** Freeze what is cached, so that whoever changes a shared object hears of it. Costs a walk over each value stored; off in production. @default true */
  readonly freeze?: boolean | undefined;
}

const rules = {
  memory: passed<MemoryOptions>(),
  defaultTtl: duration('1ms', '365d', '1h'),
  tierBudget: duration('1ms', '10s', '80ms'),
  queryTables: passed<readonly string[]>(),
  warming: passed<WarmingOptions>(),
  freeze: flag(true),
};

const warmingRules = { schedule: text(defaultSchedule), concurrency: integer(1, 64, 4) };

const memoryRules = { size: size('1MiB', '1024GiB', '64MiB'), maxEntries: integer(1, 2 ** 30, 2 ** 30) };

export interface ResolvedCacheOptions {
  readonly memory: { readonly sizeBytes: number; readonly maxEntries: number };
  readonly defaultTtlMs: number;
  readonly tierBudgetMs: number;
  readonly queryTables: readonly string[];
  readonly warming: { readonly schedule: string; readonly concurrency: number };
  readonly freeze: boolean;
}

/** @internal */
export function resolveCacheOptions(given: CacheOptions | undefined): ResolvedCacheOptions {
  const { memory, queryTables = [], warming, ...rest } = resolveOptions('cache', given, rules);
  return { ...rest, queryTables, warming: resolveOptions('cache.warming', warming, warmingRules), memory: resolveOptions('cache.memory', memory, memoryRules) };
}
