import type { ByteSize, Duration, System } from '../kernel/index.ts';
import type { PinoLike } from '../telemetry/index.ts';
import type { Environment } from './settings/index.ts';

/**
 * What `createMillrace` takes. Everything may be left out: what is not given here comes from the environment, then from the configuration
 * file, then from the defaults, all listed in `docs/reference/configuration.md`. An option nobody reads stops the start.
 */
export interface MillraceConfig {
  /** @default `NODE_ENV`, else `'development'` */
  readonly environment?: 'development' | 'test' | 'production' | undefined;
  /** Name of the service in logs and figures. @default 'millrace' */
  readonly service?: string | undefined;
  /** `postgres://user:password@host:5432/database`. Unset: an embedded PostgreSQL, outside production. @default `DATABASE_URL` */
  readonly databaseUrl?: string | undefined;
  /** The same server past a transaction pooler. @default `databaseUrl` */
  readonly databaseDirectUrl?: string | undefined;
  /** `redis://host:6379/0`, `rediss://` for TLS: a tier shared by all processes, and the channel between them. @default `REDIS_URL`, else none */
  readonly redisUrl?: string | undefined;
  readonly redis?:
    | {
        /** Nodes of a Cluster, or the Sentinels, `host:port`. @default `REDIS_CLUSTER_NODES`, else none */
        readonly nodes?: readonly string[] | undefined;
        /** What the nodes are. @default 'auto': a Cluster */
        readonly mode?: 'auto' | 'cluster' | 'sentinel' | undefined;
        /** Name of the master at the Sentinels. @default 'mymaster' */
        readonly masterName?: string | undefined;
        /** To each node, 1 to 10. @default 2 */
        readonly connections?: number | undefined;
        /** Longest wait for an answer; past it the request goes on without. @default '100ms' */
        readonly commandTimeout?: Duration | undefined;
      }
    | undefined;
  readonly database?: DatabaseConfig | undefined;
  readonly cache?: CacheConfig | undefined;
  readonly http?: HttpConfig | undefined;
  readonly monitoring?: MonitoringConfig | undefined;
}

export interface DatabaseConfig {
  readonly pool?:
    | {
        /** 0 to 500. @default 5 */
        readonly minConnections?: number | undefined;
        /** 1 to 500. Size it by the cores of the database, not by your traffic. @default 20 */
        readonly maxConnections?: number | undefined;
        /** A connection above the minimum is closed after so long without use. @default '30s' */
        readonly idleTimeout?: Duration | undefined;
        /** Longest wait for a free connection; past it the call fails with `MILLRACE_POOL_BUSY`. @default '5s' */
        readonly acquireTimeout?: Duration | undefined;
        /** Asked of a connection that was idle for a while; empty asks by the protocol alone. @default 'SELECT 1' */
        readonly validationQuery?: string | undefined;
        /** Longest time of one statement; past it the server cancels it. @default '30s' */
        readonly statementTimeout?: Duration | undefined;
      }
    | undefined;
  /** A statement slower than this is told as `database.statement.slowed`. @default '1s' */
  readonly slowStatement?: Duration | undefined;
  /** @default 'auto' in development and test, 'check' in production */
  readonly migrate?: 'auto' | 'check' | 'off' | undefined;
  /**
   * How rows changed by others (psql too) invalidate what entities name in `tables`: `logical` follows the log of the server, `own-writes` only hears the
   * program itself, `auto` takes what the server permits, `off` is `own-writes` and shows nothing of it. @default 'auto'
   */
  readonly changes?: 'auto' | 'logical' | 'own-writes' | 'off' | undefined;
  readonly embedded?: { readonly directory?: string | undefined } | undefined;
}

export interface CacheConfig {
  /** Life of an entry that says nothing else. @default '1h' */
  readonly defaultTtl?: Duration | undefined;
  readonly memory?: { readonly size?: ByteSize | undefined; readonly entries?: number | undefined } | undefined;
  /** A tier on the disk of this host: shared by its processes, kept over restarts. @default none */
  readonly disk?: { readonly directory?: string | undefined; readonly size?: ByteSize | undefined } | undefined;
  /** The tier that all processes share, and the channel between them. `auto`: Redis where there is one, else PostgreSQL in production. @default 'auto' */
  readonly shared?: 'auto' | 'redis' | 'postgres' | 'off' | undefined;
  readonly postgres?: { readonly size?: ByteSize | undefined } | undefined;
  /** When (`schedule`, cron in UTC or `off`) and how (`concurrency`, 1 to 64) the most used entries are made fresh. @default every five minutes, 4 */
  readonly warming?: { readonly schedule?: string | undefined; readonly concurrency?: number | undefined } | undefined;
  /** Tables whose changes drop the results of cached statements that name them. The same list in every process of a service. @default none */
  readonly queryTables?: readonly string[] | undefined;
}

export interface HttpConfig {
  /** 0 takes a free one. @default `PORT`, else 3000 */
  readonly port?: number | undefined;
  /** @default `HOST`, else '127.0.0.1' */
  readonly host?: string | undefined;
  /** Keys that may change state. Needed as soon as the service listens beyond loopback. */
  readonly apiKeys?: readonly string[] | undefined;
  /** Signs page cursors, 16 characters or more. */
  readonly cursorKey?: string | undefined;
  /** After SIGTERM: how long requests are still accepted, each answered with `Connection: close`. @default '300ms' in production, else '0ms' */
  readonly lameDuck?: Duration | undefined;
  /** Longest wait for requests in flight before their queries are cancelled. @default '20s' */
  readonly grace?: Duration | undefined;
}

export interface MonitoringConfig {
  /** How often dependencies are checked. @default '30s' */
  readonly healthCheckInterval?: Duration | undefined;
  /** Put before every metric name. @default '' */
  readonly metricsPrefix?: string | undefined;
  readonly enabled?: boolean | undefined;
  /** Upper steps of the alerts; the figures are in the unit of their names. */
  readonly thresholds?:
    | {
        readonly responseTimeMs?: number | undefined;
        readonly errorRatePercent?: number | undefined;
        readonly cpuUsagePercent?: number | undefined;
        readonly memoryUsagePercent?: number | undefined;
        readonly cacheHitRatePercent?: number | undefined;
        readonly slowQueryMs?: number | undefined;
        readonly poolUsagePercent?: number | undefined;
        readonly slowQueriesPerMinute?: number | undefined;
        readonly connectionErrors?: number | undefined;
      }
    | undefined;
}

/** Where it runs; only tests and unusual hosts give it. */
export interface Surroundings {
  /** @default `process.env` */
  readonly env?: Environment | undefined;
  /** Where the configuration file and the embedded data are looked for. @default the working directory */
  readonly directory?: string | undefined;
  /** Time, chance and ids. @default the machine's own */
  readonly system?: System | undefined;
  /** The application's own pino, or whatever has its shape: slow requests, failures and changes of state are written there. @default none: events and figures only */
  readonly log?: PinoLike | undefined;
  /** Told each warning, once. @default `process.emitWarning` */
  readonly warn?: ((message: string) => void) | undefined;
}
