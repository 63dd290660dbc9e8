import type { EventSink, HealthCheck, StatSource } from '../kernel/index.ts';
import type { Logger, ProcessReading, RequestFigures } from '../telemetry/index.ts';
import type { ResilienceStats } from './api/schema.ts';
import type { MonitoringEvents } from './events.ts';

/**
 * What monitoring looks at, in its own words; the platform joins them to what there is. Everything is read once a second at most, must answer at once,
 * and counts since the start unless it says "now".
 */
export interface MonitoringSources {
  readonly requests: RequestFigures;
  readonly process: { read(): ProcessReading };
  readonly cache?: CacheSource | undefined;
  readonly database?: DatabaseSource | undefined;
  readonly resilience?: { read(): Omit<ResilienceStats, 'present'> } | undefined;
  /** Asked again at each look, so that parts may come and go. */
  readonly checks?: (() => Iterable<HealthCheck>) | undefined;
  /** All figures for the Prometheus text. */
  readonly stats?: (() => Iterable<StatSource>) | undefined;
  readonly events?: EventSink<MonitoringEvents> | undefined;
  readonly logger?: Logger | undefined;
}

export interface CacheSource {
  read(): CacheReading;
}

export interface CacheReading {
  readonly entities: readonly CacheEntityReading[];
  /** In the order they are asked. */
  readonly tiers: readonly CacheTierReading[];
}

export interface CacheEntityReading {
  readonly entity: string;
  readonly hits: readonly { readonly tier: string; readonly count: number }[];
  readonly staleHits: number;
  readonly misses: number;
  readonly loads: number;
  readonly loadFailures: number;
  readonly loadSeconds: number;
  readonly invalidations: number;
}

export interface CacheTierReading {
  readonly tier: string;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  /** Now. */
  readonly entries: number;
  readonly sizeBytes: number;
  readonly limitBytes: number;
}

export interface DatabaseSource {
  read(): DatabaseReading;
  /** Grouped by normalised text, bounded by the source. Asked only when somebody looks at them. */
  statements(): readonly StatementReading[];
}

export interface DatabaseReading {
  /** Version of the server, once it is known. */
  readonly server: string | null;
  readonly pool: PoolReading | null;
  /** All statements together: how many, how long, and how many were slower than `PERF_SLOW_QUERY_MS`. */
  readonly calls: number;
  readonly totalMs: number;
  readonly slow: number;
}

export interface PoolReading {
  readonly min: number;
  readonly max: number;
  /** Now: open, of which idle and busy; on their way; callers that wait. */
  readonly open: number;
  readonly idle: number;
  readonly busy: number;
  readonly connecting: number;
  readonly waiting: number;
  readonly waitP95Ms: number;
  readonly acquired: number;
  /** Callers that got no connection: too long waited, too many waiting. */
  readonly refused: number;
  readonly connectionErrors: number;
  readonly cancelled: number;
}

export interface StatementReading {
  readonly id: string;
  readonly text: string;
  readonly name: string | null;
  readonly calls: number;
  readonly errors: number;
  readonly rows: number;
  readonly totalMs: number;
  readonly p95Ms: number;
  readonly maxMs: number;
}
