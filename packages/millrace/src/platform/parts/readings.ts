import type { CacheStats } from '../../cache/index.ts';
import type { Database } from '../../database/index.ts';
import type { Clock } from '../../kernel/index.ts';
import type { CacheSource, DatabaseSource, MonitoringSources } from '../../monitoring/index.ts';
import type { CircuitBreakerRegistry } from '../../resilience/index.ts';

/** The cache in the words of monitoring. */
export const cacheSource = (cache: { stats(): CacheStats }): CacheSource => ({
  read() {
    const { entities, tiers, maxSizeBytes } = cache.stats();
    return {
      entities: entities.map((one) => ({
        entity: one.name,
        hits: [{ tier: 'memory', count: one.hits }],
        staleHits: one.staleHits,
        misses: one.misses,
        loads: one.loads,
        loadFailures: one.loadErrors,
        loadSeconds: Number.isNaN(one.loadMs.mean) ? 0 : (one.loadMs.mean * one.loads) / 1000,
        invalidations: one.invalidations,
      })),
      tiers: tiers.map(({ name, hits, misses, evictions = 0, entries = 0, sizeBytes = 0 }) => ({
        ...{ tier: name, hits, misses, evictions, entries, sizeBytes },
        limitBytes: name === 'memory' ? maxSizeBytes : 0,
      })),
    };
  },
});

/** The database in the words of monitoring. */
export const databaseSource = (database: Database, server: () => string | null): DatabaseSource => ({
  read() {
    const { count, meanMs, slow } = database.stats().statements;
    return { server: server(), pool: poolReading(database), calls: count, totalMs: count * meanMs, slow };
  },
  statements: () => database.statements().map(statementReading),
});

function poolReading(database: Database): ReturnType<DatabaseSource['read']>['pool'] {
  const { pool } = database.stats();
  return {
    ...{ min: pool.minConnections, max: pool.maxConnections, open: pool.total, idle: pool.idle, busy: pool.inUse, connecting: pool.connecting },
    ...{ waiting: pool.waiting, waitP95Ms: pool.waitP95Ms, acquired: pool.acquired, refused: pool.timeouts, connectionErrors: pool.connectFailures },
    cancelled: pool.cancels.cancelled,
  };
}

type Statement = ReturnType<Database['statements']>[number];

const statementReading = ({ statement, count, errors, slow, rows, totalMs, p95Ms, maxMs }: Statement): ReturnType<DatabaseSource['statements']>[number] => ({
  ...{ id: idOf(statement), text: statement, name: null, calls: count, errors, slow, rows, totalMs, p95Ms, maxMs },
});

/** The circuit breakers in the words of monitoring. */
export const resilienceSource = (breakers: CircuitBreakerRegistry, clock: Clock): NonNullable<MonitoringSources['resilience']> => ({
  read: () => ({
    breakers: breakers.stats().map(({ name, state, failures, refused, forMs }) => ({
      ...{ name, failures, refused, sinceMs: clock.wallMs() - forMs },
      state: state === 'half open' ? 'halfOpen' : state === 'closed' ? 'closed' : 'open',
    })),
    timeouts: [],
  }),
});

/** A short id of a statement's text, the same in every process: FNV-1a, 32 bits. */
export function idOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return `q_${(hash >>> 0).toString(16).padStart(8, '0')}`;
}
