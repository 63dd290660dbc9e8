export type { CacheConfig, DatabaseConfig, HttpConfig, MillraceConfig, MonitoringConfig, Surroundings } from './config.ts';
export type { MillraceEvents } from './events.ts';
export { createMillrace, type Millrace, type MillraceStats } from './millrace.ts';
export type { Phase } from './readiness.ts';
export { type Origin, type Setting, settings } from './settings/index.ts';
