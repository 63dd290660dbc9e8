import type { ProcessReading } from '../../telemetry/index.ts';
import type { CacheStats, CacheSummary, DatabaseStats, DatabaseSummary, PoolStats, ProcessFigures, StatementStats } from '../api/schema.ts';
import type { CacheEntityReading, CacheReading, DatabaseReading, DatabaseSource, PoolReading, StatementReading } from '../sources.ts';
import type { SystemSlice } from '../windows/index.ts';
import { ratio, rounded, roundedOrZero } from './round.ts';
import { hitRatioOf } from './series.ts';

const mostStatements = 100;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export const hitsOf = ({ entities }: CacheReading): number => sum(entities.flatMap(({ hits }) => hits.map(({ count }) => count)));
export const missesOf = ({ entities }: CacheReading): number => sum(entities.map(({ misses }) => misses));
export const poolUsedOf = ({ busy, max }: PoolReading): number | null => (max > 0 ? busy / max : null);

export const processOf = (reading: ProcessReading): ProcessFigures => ({
  cpuRatio: rounded(reading.cpuRatio),
  memoryRatio: rounded(reading.memoryRatio),
  residentBytes: reading.residentBytes,
  memoryLimitBytes: reading.memoryLimitBytes,
  heapUsedBytes: reading.heapUsedBytes,
  heapLimitBytes: reading.heapLimitBytes,
  eventLoopUtilisationRatio: rounded(reading.loopUtilisationRatio),
  eventLoopDelayP99Ms: rounded(reading.loopDelayP99Ms),
  gcRatio: rounded(reading.gcRatio),
});

export const cacheSummaryOf = (system: SystemSlice, reading: CacheReading | undefined): CacheSummary | null =>
  reading
    ? { hitRatio: hitRatioOf(system), hits: system.hits ?? 0, misses: system.misses ?? 0, sizeBytes: sum(reading.tiers.map(({ sizeBytes }) => sizeBytes)) }
    : null;

export const databaseSummaryOf = (system: SystemSlice, seconds: number, reading: DatabaseReading | undefined): DatabaseSummary | null =>
  reading
    ? {
        poolUsedRatio: rounded(system.poolUsedRatio),
        waiting: reading.pool?.waiting ?? 0,
        statements: system.statements ?? 0,
        statementsPerSecond: ratio(system.statements ?? 0, seconds),
        averageMs: ratio(system.statementMs ?? 0, system.statements ?? 0),
        slowStatements: system.slowStatements ?? 0,
        connectionErrors: system.connectionErrors ?? 0,
      }
    : null;

export function cacheStatsOf(reading: CacheReading | undefined, uptimeSeconds: number): CacheStats {
  if (!reading) return { present: false, hitRatio: null, entities: [], tiers: [] };
  const [hits, misses] = [hitsOf(reading), missesOf(reading)];
  return {
    present: true,
    hitRatio: ratio(hits, hits + misses),
    entities: reading.entities.map((entity) => entityOf(entity, uptimeSeconds)),
    tiers: reading.tiers.map((tier) => ({ ...tier, hitRatio: ratio(tier.hits, tier.hits + tier.misses) })),
  };
}

function entityOf(entity: CacheEntityReading, uptimeSeconds: number): CacheStats['entities'][number] {
  const { loadSeconds, ...rest } = entity;
  const hits = sum(entity.hits.map(({ count }) => count));
  const perLoad = ratio(loadSeconds, entity.loads);
  return {
    ...rest,
    hitRatio: ratio(hits, hits + entity.misses),
    averageLoadMs: perLoad === null ? null : rounded(perLoad * 1000),
    savedSecondsPerSecond: perLoad === null ? null : ratio(hits * perLoad, uptimeSeconds),
  };
}

export function databaseStatsOf(source: DatabaseSource | undefined): DatabaseStats {
  if (!source) return { present: false, server: null, pool: null, statements: [] };
  const { server, pool } = source.read();
  return { present: true, server, pool: poolOf(pool), statements: statementsOf(source.statements()) };
}

const poolOf = (pool: PoolReading | null): PoolStats | null => (pool ? { ...pool, waitP95Ms: rounded(pool.waitP95Ms) } : null);

function statementsOf(statements: readonly StatementReading[]): StatementStats[] {
  const total = sum(statements.map(({ totalMs }) => totalMs));
  return [...statements]
    .sort((a, b) => b.totalMs - a.totalMs)
    .slice(0, mostStatements)
    .map((one) => ({
      ...one,
      totalMs: roundedOrZero(one.totalMs),
      averageMs: ratio(one.totalMs, one.calls) ?? 0,
      p95Ms: rounded(one.p95Ms),
      maxMs: roundedOrZero(one.maxMs),
      timeRatio: ratio(one.totalMs, total) ?? 0,
    }));
}
