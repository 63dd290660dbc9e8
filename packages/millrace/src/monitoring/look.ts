import type { ThresholdName } from './api/schema.ts';
import { figuresOf, hitsOf, missesOf, poolUsedOf } from './figures/index.ts';
import type { CacheReading, DatabaseReading, MonitoringSources } from './sources.ts';
import type { Merged, SystemSlice } from './windows/index.ts';

/** What the sources had counted when they were looked at last. */
export interface Readings {
  readonly cache: CacheReading | undefined;
  readonly database: DatabaseReading | undefined;
}

export const readSources = ({ cache, database }: MonitoringSources): Readings => ({ cache: cache?.read(), database: database?.read() });

/** What was added between two looks. */
export function systemSlice(before: Readings, now: Readings, process: ReturnType<MonitoringSources['process']['read']>): SystemSlice {
  const cache = <Value>(of: (reading: CacheReading) => Value): Value | undefined => (now.cache ? of(now.cache) : undefined);
  const added = (newest: number | undefined, older: number | undefined): number | null => (newest === undefined ? null : since(newest, older ?? 0));
  const { pool, calls, totalMs, slow } = now.database ?? {};
  return {
    hits: added(cache(hitsOf), before.cache && hitsOf(before.cache)),
    misses: added(cache(missesOf), before.cache && missesOf(before.cache)),
    statements: added(calls, before.database?.calls),
    statementMs: added(totalMs, before.database?.totalMs),
    slowStatements: added(slow, before.database?.slow),
    connectionErrors: added(pool?.connectionErrors, before.database?.pool?.connectionErrors),
    poolUsedRatio: pool ? poolUsedOf(pool) : null,
    cpuRatio: orNull(process.cpuRatio),
    memoryRatio: orNull(process.memoryRatio),
    loopDelayP99Ms: orNull(process.loopDelayP99Ms),
  };
}

/** A count that is smaller than before began anew. */
const since = (newest: number, older: number): number => (newest >= older ? newest - older : newest);
const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** Fewer than these in a minute say nothing about a share. */
const fewestRequests = 10;
const fewestLookups = 50;
const fewestStatements = 5;

/** The figures that have limits, from the last minute; of the event loop the last second, since the worst of a minute would be late for a minute. */
export function limitValues(minute: Merged, system: SystemSlice, second: SystemSlice): Readonly<Record<ThresholdName, number | null>> {
  const { averageMs, errorRatio, requests } = figuresOf(minute);
  const { hits, misses, statements, statementMs } = system;
  const lookups = (hits ?? 0) + (misses ?? 0);
  return {
    responseTimeMs: averageMs,
    errorRatePercent: requests < fewestRequests ? null : percent(errorRatio),
    cpuUsagePercent: percent(system.cpuRatio),
    memoryUsagePercent: percent(second.memoryRatio),
    cacheHitRatePercent: lookups < fewestLookups ? null : percent((hits ?? 0) / lookups),
    queryAverageMs: (statements ?? 0) < fewestStatements ? null : rounded((statementMs ?? 0) / (statements as number)),
    slowQueriesPerMinute: system.slowStatements,
    poolUsagePercent: percent(system.poolUsedRatio),
    connectionErrors: system.connectionErrors,
    eventLoopDelayMs: second.loopDelayP99Ms === null ? null : rounded(second.loopDelayP99Ms),
  };
}

const rounded = (value: number): number => Number(value.toPrecision(4));
const percent = (ratio: number | null): number | null => (ratio === null ? null : rounded(ratio * 100));
