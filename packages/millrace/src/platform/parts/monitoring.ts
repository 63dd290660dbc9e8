import type { Cache } from '../../cache/index.ts';
import type { Database } from '../../database/index.ts';
import type { EventSink, HealthCheck, StatSource, System } from '../../kernel/index.ts';
import { createMonitoring, type Monitoring, type MonitoringEvents } from '../../monitoring/index.ts';
import type { Redis } from '../../redis/index.ts';
import type { CircuitBreakerRegistry } from '../../resilience/index.ts';
import type { Logger, ProcessFigures, Redactor, RequestFigures } from '../../telemetry/index.ts';
import { type ResolvedSettings, settings as table } from '../settings/index.ts';
import { cacheSource, databaseSource, resilienceSource } from './readings.ts';

export interface Watched {
  readonly system: System;
  readonly events: EventSink<MonitoringEvents>;
  readonly database: Database;
  readonly cache: Cache;
  readonly breakers: CircuitBreakerRegistry;
  readonly redis: Redis | undefined;
  readonly changes: HealthCheck | undefined;
  readonly requests: RequestFigures;
  readonly process: ProcessFigures;
  readonly redactor: Redactor;
  readonly logger: Logger | undefined;
  /** Version of the database server, once it is known. */
  readonly server: () => string | null;
  readonly stats: () => Iterable<StatSource>;
}

const thresholdPath = 'monitoring.thresholds.';
/** Set by a path of their own: what makes a statement slow is no alert. */
const notAlerts = ['slowQueryMs'];

/** Monitoring, joined to everything there is to watch. */
export function makeMonitoring(
  settings: ResolvedSettings,
  { system, database, redis, changes, cache, breakers, requests, process, ...rest }: Watched,
): Monitoring {
  const options = {
    service: settings.get<string>('service'),
    metricsPrefix: settings.get<string>('monitoring.metricsPrefix'),
    healthCheckInterval: settings.get<number>('monitoring.healthCheckInterval'),
    thresholds: thresholdsOf(settings),
    slowStatement: settings.get<number>('monitoring.thresholds.slowQueryMs'),
    host: settings.get<string>('http.host'),
    apiKeys: settings.get<readonly string[]>('http.apiKeys'),
    redactor: rest.redactor,
  };
  const checks = (): HealthCheck[] => [
    { name: 'postgresql', check: (signal) => database.check(signal) },
    ...(redis ? [redis] : []),
    ...(changes ? [changes] : []),
  ];
  const sources = {
    requests,
    process,
    cache: cacheSource(cache),
    database: databaseSource(database, rest.server),
    resilience: resilienceSource(breakers, system.clock),
    checks,
    ...rest,
  };
  return createMonitoring(options, sources, system);
}

/** Upper steps that somebody set; the others stay at their own defaults. */
function thresholdsOf(settings: ResolvedSettings): Record<string, number> {
  const names = table.map(({ path }) => path).filter((path) => path.startsWith(thresholdPath) && settings.isGiven(path));
  const pairs = names.map((path) => [path.slice(thresholdPath.length), settings.get<number>(path)] as const);
  return Object.fromEntries(pairs.filter(([name]) => !notAlerts.includes(name)));
}
