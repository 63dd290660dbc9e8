export { PoolClient } from './client.ts';
export { type FaceHost, FacePool } from './pool-face.ts';
export type { QueryConfig, QueryResult } from './types.ts';
