export { type InsertManyOptions, type InsertManyResult, quoteName, type RowSource } from './batch/index.ts';
export {
  type ChangedRows,
  ChangeFeed,
  type ChangeFeedOptions,
  type ChangeFeedPorts,
  type ChangeFeedTrust,
  type ChangesEvents,
  type ChangesRole,
  type ChangesStatus,
  type FeedTrust,
  type FleetChannel,
  parseLsn,
  type Snapshot,
  VisibilityGuard,
  type VisibilityPorts,
} from './changes/index.ts';
export { createDatabase, type Database, type DatabasePorts, type DatabaseStats } from './database.ts';
export type {
  Answer,
  Connection,
  Driver,
  Field,
  Notification,
  ReplicationConnection,
  ServerError,
  Statement,
  TransactionStatus,
  TypeParsers,
} from './driver/index.ts';
export { type DropInPoolOptions, Pool } from './drop-in-pool.ts';
export {
  EmbeddedDirectoryError,
  type EmbeddedEvents,
  EmbeddedInUseError,
  type EmbeddedOptions,
  type EmbeddedPorts,
  type EmbeddedServer,
  EmbeddedStartError,
  type EmbeddedState,
  EmbeddedVersionError,
  embeddedErrors,
  NoDatabaseError,
  platformNote,
  startEmbedded,
} from './embedded/index.ts';
export * from './errors.ts';
export type { ClosedReason, DatabaseEvents, SlowStatement } from './events.ts';
export type { LentConnection } from './lent-connection.ts';
export * from './migrations/index.ts';
export type { DatabaseOptions } from './options.ts';
export type { FacePool, PoolClient, QueryConfig, QueryResult } from './pg-face/index.ts';
export type { PoolOptions, PoolStats } from './pool/index.ts';
export type { StatementOptions } from './statement/index.ts';
export type { StatementReading } from './tracking/index.ts';
export type { Transaction, TransactionOptions } from './transactions/index.ts';
