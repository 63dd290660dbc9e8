export type { CacheConfig, DatabaseConfig, HttpConfig, MillraceConfig, MonitoringConfig, Surroundings } from './config.ts';
export type { MillraceEvents } from './events.ts';
export { createMillrace, type Millrace, type MillraceStats, type Phase } from './millrace.ts';
export { type Origin, type Setting, settings } from './settings/index.ts';
