export { cacheMigrations } from './migrations.ts';
export type { PostgresTierOptions } from './options.ts';
export { PostgresTier, type PostgresTierDatabase, type PostgresTierPorts, type PostgresTierStats } from './postgres-tier.ts';
