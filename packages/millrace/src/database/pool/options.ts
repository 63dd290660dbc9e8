import { ConfigError, type Duration, duration, integer, resolveOptions, text } from '../../kernel/index.ts';

/** The pool's settings. Size it by the database's cores, not by your traffic: past the server's capacity more connections only queue there instead of here. */
export interface PoolOptions {
  /** Connections kept open even when nobody needs them, 0 to 500. More makes the first burst faster and costs the server memory. @default 5 */
  readonly minConnections?: number | undefined;
  /** Connections open at once, 1 to 500. @default 20 */
  readonly maxConnections?: number | undefined;
  /** A connection above the minimum that nobody used for so long is closed (looked at every 60 s), `'1s'` to `'1d'`. @default '30s' */
  readonly idleTimeout?: Duration | undefined;
  /** Longest wait for a free connection, and for one attempt to open one, `'10ms'` to `'60s'`; past it the call fails with `MILLRACE_POOL_BUSY`. @default '5s' */
  readonly acquireTimeout?: Duration | undefined;
  /** A connection older than this is replaced when it is idle (less up to a tenth by chance, so that not all go at once), `'10s'` to `'7d'`. @default '30m' */
  readonly maxLifetime?: Duration | undefined;
  /** Callers that may wait at once, 0 to 100,000; past it the least urgent fails at once with `MILLRACE_POOL_BUSY`. @default 1000 */
  readonly maxWaiters?: number | undefined;
  /** Longest time for one statement, `'10ms'` to `'1d'`; past it the caller gets `MILLRACE_TIMEOUT` and the statement is cancelled on the server. @default '30s' */
  readonly statementTimeout?: Duration | undefined;
  /** Asked of a connection that was idle for more than 500 ms before it is lent. Empty: an empty query, which checks the line but runs nothing. @default 'SELECT 1' */
  readonly validationQuery?: string | undefined;
  /** Attempts to open the first connection before callers are told that the server is not available, 1 to 10. @default 3 */
  readonly connectAttempts?: number | undefined;
}

const rules = {
  minConnections: integer(0, 500, 5),
  maxConnections: integer(1, 500, 20),
  idleTimeout: duration('1s', '1d', '30s'),
  acquireTimeout: duration('10ms', '60s', '5s'),
  maxLifetime: duration('10s', '7d', '30m'),
  maxWaiters: integer(0, 100_000, 1000),
  statementTimeout: duration('10ms', '1d', '30s'),
  validationQuery: text('SELECT 1', 'one statement, or empty'),
  connectAttempts: integer(1, 10, 3),
};

/** @internal */
export interface ResolvedPoolOptions {
  readonly minConnections: number;
  readonly maxConnections: number;
  readonly idleTimeoutMs: number;
  readonly acquireTimeoutMs: number;
  readonly maxLifetimeMs: number;
  readonly maxWaiters: number;
  readonly statementTimeoutMs: number;
  readonly validationQuery: string;
  readonly connectAttempts: number;
}

/** @internal A maximum below the default minimum lowers the minimum; two numbers that were both given must agree. */
export function resolvePoolOptions(given: PoolOptions = {}): ResolvedPoolOptions {
  const options = resolveOptions('database.pool', given, rules);
  if (options.minConnections <= options.maxConnections) return options;
  if (given.minConnections === undefined) return Object.freeze({ ...options, minConnections: options.maxConnections });
  throw new ConfigError([
    {
      setting: 'database.pool.minConnections',
      found: String(options.minConnections),
      allowed: `not more than maxConnections, which is ${options.maxConnections}`,
    },
  ]);
}
