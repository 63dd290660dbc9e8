export { Lease } from './lease.ts';
export { Limited } from './limited.ts';
export { type PoolOptions, type ResolvedPoolOptions, resolvePoolOptions } from './options.ts';
export { ConnectionPool } from './pool.ts';
export type { PoolPorts } from './ports.ts';
export type { PoolStats } from './stats.ts';
export { within } from './within.ts';
