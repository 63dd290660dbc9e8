export type * from './api/schema.ts';
export { monitoringErrors, PerformanceRequestError } from './errors.ts';
export type { MonitoringEvents } from './events.ts';
export { heatEdgesMs } from './figures/index.ts';
export { HealthRegistry } from './health/index.ts';
export { createMonitoring, type Monitoring, type MonitoringMount, type MonitoringNews } from './monitoring.ts';
export type { MonitoringOptions } from './options.ts';
export type {
  CacheEntityReading,
  CacheReading,
  CacheSource,
  CacheTierReading,
  DatabaseReading,
  DatabaseSource,
  MonitoringSources,
  PoolReading,
  StatementReading,
} from './sources.ts';
