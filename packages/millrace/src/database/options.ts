import { type Duration, duration, passed, required, resolveOptions, text } from '../kernel/index.ts';
import { type PoolOptions, type ResolvedPoolOptions, resolvePoolOptions } from './pool/index.ts';

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/name`. Off this machine TLS is on and the certificate is verified, unless `sslmode` says otherwise. */
  readonly url: string;
  /** The same server past a transaction pooler: for migrations, session locks and LISTEN. @default the `url` */
  readonly directUrl?: string | undefined;
  readonly pool?: PoolOptions | undefined;
  /** A statement slower than this is told as `database.statement.slowed`, `'1ms'` to `'1d'`. @default '1s' */
  readonly slowAfter?: Duration | undefined;
  /** How the server names our sessions in `pg_stat_activity`. @default 'millrace' */
  readonly applicationName?: string | undefined;
  /** How long `stop()` lets running statements finish before it cuts them, `'0ms'` to `'10m'`. @default '5s' */
  readonly drainTimeout?: Duration | undefined;
}

const rules = {
  url: required(text()),
  directUrl: text(),
  pool: passed<PoolOptions>(),
  slowAfter: duration('1ms', '1d', '1s'),
  applicationName: text('millrace', 'a name of 1 to 63 characters', (name) => name.length > 0 && name.length < 64),
  drainTimeout: duration('0ms', '10m', '5s'),
};

/** @internal */
export interface ResolvedDatabaseOptions {
  readonly url: string;
  readonly directUrl: string;
  readonly pool: ResolvedPoolOptions;
  readonly slowAfterMs: number;
  readonly applicationName: string;
  readonly drainTimeoutMs: number;
}

/** @internal */
export function resolveDatabaseOptions(given: DatabaseOptions): ResolvedDatabaseOptions {
  const { url, directUrl, pool, slowAfterMs, applicationName, drainTimeoutMs } = resolveOptions('database', given, rules);
  return Object.freeze({ url, directUrl: directUrl ?? url, pool: resolvePoolOptions(pool), slowAfterMs, applicationName, drainTimeoutMs });
}
