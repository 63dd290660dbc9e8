import type { Field, TypeParsers } from '../driver/index.ts';

/** A query as `pg` takes it in one object. */
export interface QueryConfig {
  readonly text: string;
  readonly values?: readonly unknown[] | undefined;
  readonly name?: string | undefined;
  readonly rowMode?: 'array' | undefined;
  readonly types?: TypeParsers | undefined;
}

/** A result as `pg` gives it. */
export interface QueryResult<Row = Record<string, unknown>> {
  readonly command: string;
  readonly rowCount: number | null;
  /** Always 0: PostgreSQL has had no row OIDs since version 12. */
  readonly oid: number;
  readonly rows: Row[];
  readonly fields: Field[];
}

/** As `pg` types it; `error` is null where there is none, and `value` is absent where there is one. */
export type Callback<Value> = (error: Error, value: Value) => void;

/** pg-cursor, pg-query-stream and their like, which drive the connection themselves. */
export interface Submittable {
  submit(connection: never): unknown;
}
export type Done = (release?: Error | boolean) => void;

/** The settings as `pg` names them, for those who read them off a pool. */
export interface FaceOptions {
  max: number;
  min: number;
  idleTimeoutMillis: number;
  maxUses: number;
  allowExitOnIdle: boolean;
  maxLifetimeSeconds: number;
}
