import { bytes, type Kind, list, number, plain, time, whole, words, yesNo } from './kinds.ts';

/** One setting: where it lies in the configuration, what it is called in the environment, what it may be. */
export interface Setting {
  /** Path in `createMillrace(config)` and in the file, dots between levels. */
  readonly path: string;
  /** Canonical name in the environment. */
  readonly env: string;
  /** Other names it is accepted under. */
  readonly aliases: readonly string[];
  readonly kind: Kind;
  readonly about: string;
  /** Never shown, not even in an error. */
  readonly secret: boolean;
}

const setting = (path: string, kind: Kind, about: string, names: { env?: string; aliases?: readonly string[]; secret?: boolean } = {}): Setting => ({
  path,
  kind,
  about,
  env: names.env ?? derivedName(path),
  aliases: names.env === undefined ? (names.aliases ?? []) : [...(names.aliases ?? []), derivedName(path)],
  secret: names.secret ?? false,
});

/** `database.pool.maxConnections` → `MILLRACE_DATABASE_POOL_MAX_CONNECTIONS`. */
export const derivedName = (path: string): string => `MILLRACE_${path.replace(/[A-Z]/g, '_$&').replaceAll('.', '_').toUpperCase()}`;

const isPostgresUrl = (value: string): boolean => URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol);
const postgresUrl = plain(undefined, 'a URL such as postgres://user:password@host:5432/database', isPostgresUrl);

const isRedisUrl = (value: string): boolean => URL.canParse(value) && /^rediss?:$/.test(new URL(value).protocol);
const redisUrl = plain(undefined, 'a URL such as redis://host:6379/0, or rediss:// for TLS', isRedisUrl);

/** Every setting that does something today. The docs page is made from this table. */
export const settings: readonly Setting[] = [
  setting(
    'environment',
    words(['development', 'test', 'production'], 'development'),
    'What kind of place this is. In production nothing is created or migrated unasked, and an embedded server is refused.',
    { env: 'NODE_ENV' },
  ),
  setting('service', plain('millrace'), 'Name of the service in logs and figures.', { env: 'OTEL_SERVICE_NAME' }),
  setting('databaseUrl', postgresUrl, 'The PostgreSQL server. Unset: an embedded one, outside production.', { env: 'DATABASE_URL', secret: true }),
  setting('databaseDirectUrl', postgresUrl, 'The same server past a transaction pooler: for migrations and session locks. Unset: DATABASE_URL.', {
    env: 'DATABASE_DIRECT_URL',
    secret: true,
  }),
  setting('database.pool.minConnections', whole(0, 500, 5), 'Connections kept open.', { env: 'DB_POOL_MIN', aliases: ['DB_POOL_MIN_CONNECTIONS'] }),
  setting('database.pool.maxConnections', whole(1, 500, 20), 'Connections open at once. Size it by the cores of the database, not by your traffic.', {
    env: 'DB_POOL_MAX',
    aliases: ['DB_POOL_MAX_CONNECTIONS', 'DB_POOL_SIZE'],
  }),
  setting('database.pool.idleTimeout', time('1s', '1d', '30s', 'ms'), 'A connection above the minimum is closed after so long without use.', {
    env: 'DB_POOL_IDLE_TIMEOUT',
  }),
  setting(
    'database.pool.acquireTimeout',
    time('1ms', '10m', '5s', 'ms'),
    'Longest wait for a free connection; past it the call fails with MILLRACE_POOL_BUSY.',
    { env: 'DB_POOL_CONN_TIMEOUT', aliases: ['DB_POOL_CONNECTION_TIMEOUT'] },
  ),
  setting(
    'database.pool.validationQuery',
    plain('SELECT 1'),
    'Asked of a connection that was idle for a while before it is lent; empty asks by the protocol alone.',
    { env: 'DB_POOL_VALIDATION_QUERY' },
  ),
  setting('database.pool.statementTimeout', time('1ms', '1d', '30s', 'ms'), 'Longest time of one statement; past it the server cancels it.', {
    env: 'DB_STATEMENT_TIMEOUT',
    aliases: ['DB_QUERY_TIMEOUT'],
  }),
  setting('database.slowStatement', time('1ms', '1d', '1s', 'ms'), 'A statement slower than this is told as database.statement.slowed.', {
    env: 'SLOW_QUERY_THRESHOLD',
  }),
  setting(
    'database.migrate',
    words(['auto', 'check', 'off'], 'auto'),
    'Run missing migrations at start, only report them, or do not look. Default: auto in development and test, check in production.',
  ),
  setting(
    'database.changes',
    words(['auto', 'logical', 'own-writes', 'off'], 'auto'),
    'How rows changed by others invalidate: logical follows the log of the server, own-writes only hears the program itself, auto takes what the server permits; off is own-writes and says nothing.',
  ),
  setting('database.embedded.directory', plain('.millrace'), 'Where the embedded server keeps its data.'),
  setting('cache.defaultTtl', time('1s', '30d', '1h', 's'), 'Life of an entry that says nothing else.', { env: 'CACHE_DEFAULT_TTL' }),
  setting('cache.queryTables', list('a comma list of tables'), 'Tables whose changes drop the results of cached statements that name them.'),
  setting(
    'cache.warming.schedule',
    plain('*/5 * * * *'),
    'When the most used entries of entities that ask for it are made fresh: cron in UTC, five or six fields; off: never.',
    {
      env: 'CACHE_WARMING_SCHEDULE',
    },
  ),
  setting('cache.warming.concurrency', whole(1, 64, 4), 'Batches that warming loads at once.'),
  setting('cache.memory.size', bytes('1MiB', '64GiB', '64MiB'), 'Most bytes the memory tier holds.'),
  setting('cache.memory.entries', whole(1, 100_000_000, 1_000_000), 'Most entries the memory tier holds.'),
  setting(
    'cache.shared',
    words(['auto', 'redis', 'postgres', 'off'], 'auto'),
    'The tier that all processes share, and the channel between them: redis, or postgres (an unlogged table, LISTEN and NOTIFY). auto takes Redis where there is one, else PostgreSQL in production and none elsewhere; off has no such tier.',
  ),
  setting('cache.postgres.size', bytes('1MiB', '1024GiB', '256MiB'), 'Most bytes the shared table holds.'),
  setting(
    'cache.disk.directory',
    plain(undefined),
    'Folder of a tier on the disk of this host, shared by its processes and kept over restarts. Unset: none. Relative to the working directory.',
  ),
  setting('cache.disk.size', bytes('1MiB', '1024GiB', '256MiB'), 'Most bytes the disk tier holds.'),
  setting(
    'redisUrl',
    redisUrl,
    'Redis, shared by all processes: a tier below memory, and the channel over which they tell each other what is invalidated. Unset: none.',
    {
      env: 'REDIS_URL',
      secret: true,
    },
  ),
  setting(
    'redis.nodes',
    list('a comma list of host:port'),
    'Nodes of a Redis Cluster, or the Sentinels; they come before the host of REDIS_URL, which then gives user, password and TLS.',
    {
      env: 'REDIS_CLUSTER_NODES',
    },
  ),
  setting('redis.mode', words(['auto', 'cluster', 'sentinel'], 'auto'), 'What the nodes are; auto takes them for a Cluster.'),
  setting('redis.masterName', plain('mymaster'), 'Name of the master at the Sentinels.'),
  setting('redis.connections', whole(1, 10, 2), 'Connections to each Redis node.', { env: 'REDIS_MIN_CONNECTIONS' }),
  setting('redis.commandTimeout', time('1ms', '1m', '100ms'), 'Longest wait for an answer of Redis; past it the request goes on without.'),
  setting('http.port', whole(0, 65_535, 3000, 'port'), 'Port of the service; 0 takes a free one.', { env: 'PORT' }),
  setting('http.host', plain('127.0.0.1'), 'Address the service listens on. Beyond loopback every call that changes state needs an API key.', { env: 'HOST' }),
  setting('http.apiKeys', list('a comma list of keys, 16 characters or more each'), 'Keys that may change state: resolve alerts, set thresholds.', {
    secret: true,
  }),
  setting(
    'http.cursorKey',
    plain(undefined, 'a text of 16 characters or more', (value) => value.length >= 16),
    'Signs page cursors. Unset in development: a random one in a 0600 file beside the data.',
    { secret: true },
  ),
  setting(
    'http.lameDuck',
    time('0ms', '60s', '0ms'),
    'After SIGTERM: how long requests are still accepted, each answered with Connection: close. Default: 300ms in production, none in development.',
  ),
  setting('http.grace', time('0ms', '10m', '20s'), 'Longest wait for requests in flight before their queries are cancelled.'),
  setting('monitoring.healthCheckInterval', time('1s', '1h', '30s', 'ms'), 'How often dependencies are checked.', { env: 'HEALTH_CHECK_INTERVAL' }),
  setting(
    'monitoring.metricsPrefix',
    plain('', 'letters, digits and underscores', (value) => /^[A-Za-z_][A-Za-z0-9_]*$|^$/.test(value)),
    'Put before every metric name.',
    { env: 'METRICS_PREFIX' },
  ),
  setting(
    'monitoring.enabled',
    yesNo(true),
    'Whether the process is looked at once a second: figures over time, alerts, health checks. Counts and single requests are kept either way.',
    { env: 'TELEMETRY_ENABLED' },
  ),
  setting(
    'monitoring.thresholds.responseTimeMs',
    number(1, 3_600_000, 2000, 'ms'),
    'Alert: average response time above this (high). Also what makes a request slow.',
    { env: 'PERF_RESPONSE_TIME_MS' },
  ),
  setting('monitoring.thresholds.errorRatePercent', number(0, 100, 5, 'percent'), 'Alert: share of failed requests above this (high).', {
    env: 'PERF_ERROR_RATE_PERCENT',
  }),
  setting('monitoring.thresholds.cpuUsagePercent', number(0, 100, 80, 'percent'), 'Alert: processor time above this.', { env: 'PERF_CPU_USAGE_PERCENT' }),
  setting('monitoring.thresholds.memoryUsagePercent', number(0, 100, 85, 'percent'), 'Alert: memory above this share of what the process may use.', {
    env: 'PERF_MEMORY_USAGE_PERCENT',
  }),
  setting('monitoring.thresholds.cacheHitRatePercent', number(0, 100, 70, 'percent'), 'Alert: hit rate below this (high).', {
    env: 'PERF_CACHE_HIT_RATE_PERCENT',
  }),
  setting('monitoring.thresholds.slowQueryMs', number(1, 3_600_000, 1000, 'ms'), 'A statement slower than this counts as slow for alerts.', {
    env: 'PERF_SLOW_QUERY_MS',
  }),
  setting('monitoring.thresholds.poolUsagePercent', number(0, 100, 90, 'percent'), 'Alert: connections in use above this share.', {
    env: 'PERF_POOL_USAGE_PERCENT',
  }),
  setting('monitoring.thresholds.slowQueriesPerMinute', number(0, 1_000_000, 10, 'per minute'), 'Alert: more slow statements a minute than this.', {
    env: 'PERF_SLOW_QUERIES_PER_MIN',
  }),
  setting('monitoring.thresholds.connectionErrors', number(0, 1_000_000, 0, 'per minute'), 'Alert: more failed connects a minute than this.', {
    env: 'PERF_DB_CONNECTION_ERRORS',
  }),
];

/** Variables that hold parts of DATABASE_URL, the first name of each being canonical. */
export const databaseParts = {
  host: ['DB_HOST', 'DB_MASTER_HOST'],
  port: ['DB_PORT', 'DB_MASTER_PORT'],
  user: ['DB_USERNAME', 'DB_MASTER_USER'],
  password: ['DB_PASSWORD', 'DB_MASTER_PASSWORD'],
  name: ['DB_NAME'],
} as const;

/** The same for REDIS_URL. */
export const redisParts = {
  host: ['REDIS_HOST'],
  port: ['REDIS_PORT'],
  password: ['REDIS_PASSWORD'],
  database: ['REDIS_DB'],
} as const;

/** Names we know whose part does not exist yet: accepted, with one warning each. */
export const laterNames: Readonly<Record<string, string>> = {
  DATABASE_REPLICA_URLS: 'no read replicas',
  REDIS_MAX_CONNECTIONS: 'no number of Redis connections that grows',
  CPU_SCALING_THRESHOLD: 'no autoscaler',
  MEMORY_SCALING_THRESHOLD: 'no autoscaler',
  CONNECTION_SCALING_THRESHOLD: 'no autoscaler',
  SCALE_UP_COOLDOWN: 'no autoscaler',
  SCALE_DOWN_COOLDOWN: 'no autoscaler',
  MIN_REPLICAS: 'no autoscaler',
  MAX_REPLICAS: 'no autoscaler',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'no OTLP export',
  OTEL_TRACES_SAMPLER_ARG: 'no OTLP export',
  OTEL_TRACE_SAMPLER_ARG: 'no OTLP export',
  OTEL_SDK_DISABLED: 'no OTLP export',
  CIRCUIT_BREAKER_FAILURE_THRESHOLD: 'no circuit breaker',
  CIRCUIT_BREAKER_RECOVERY_TIMEOUT: 'no circuit breaker',
  CIRCUIT_BREAKER_MONITOR_INTERVAL: 'no circuit breaker',
  PERF_EXTERNAL_API_P95_MS: 'no external API clients',
  PVT_KEY: 'no EVM wallet client',
  AI_API_KEY: 'no AI client',
};
