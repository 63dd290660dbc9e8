import { type Cache, type CacheStats, createCache, type QueryCacheOptions, type RunStatement } from '../cache/index.ts';
import {
  type ChangesStatus,
  type Database,
  type DatabaseStats,
  type EmbeddedServer,
  type LentConnection,
  type MigrateReport,
  type Migration,
  migrate,
  type StatementOptions,
  type Transaction,
  type TransactionOptions,
} from '../database/index.ts';
import type { HttpFace, HttpHost, HttpPorts, MountedEndpoint } from '../http/index.ts';
import {
  type CallContext,
  type CallOptions,
  DeadlineError,
  type Duration,
  durationMs,
  type Lifecycle,
  type LifecycleError,
  messageOf,
  type RootOptions,
  rootContext,
  type StatSource,
  type Step,
  type System,
  startInOrder,
  stopInOrder,
  system as systemOfTheMachine,
} from '../kernel/index.ts';
import type { Monitoring } from '../monitoring/index.ts';
import type { Redis } from '../redis/index.ts';
import { CircuitBreakerRegistry } from '../resilience/index.ts';
import { CustomMetrics, createRedactor, EventHub, type Listener, type Logger, ProcessFigures, type Redactor, RequestFigures } from '../telemetry/index.ts';
import type { MillraceConfig, Surroundings } from './config.ts';
import type { MillraceEvents } from './events.ts';
import { Changes } from './parts/changes.ts';
import { makeDatabase } from './parts/database.ts';
import { logEvents, makeLogger } from './parts/log.ts';
import { makeMonitoring } from './parts/monitoring.ts';
import { makeRedis } from './parts/redis.ts';
import { makeTiers, prepareTable, type Tiers } from './parts/tiers.ts';
import { type Origin, type ResolvedSettings, readConfigFile, resolveSettings } from './settings/index.ts';

const startLimitMs = 60_000;
const stopLimitMs = 30_000;

/** How one statement runs whose result is kept. */
export type CachedStatementOptions = CallOptions & {
  /** Keep the result: for 30 seconds, or as `tables` and `ttl` say. @default false */
  readonly cache?: boolean | QueryCacheOptions | undefined;
};

export type Phase = 'starting' | 'running' | 'stopping' | 'stopped';

export interface MillraceStats {
  readonly phase: Phase;
  readonly cache: CacheStats;
  readonly database: DatabaseStats;
  /** How rows changed by others are seen; undefined where the setting is `own-writes` or `off`. */
  readonly changes: ChangesStatus | undefined;
  readonly http: { readonly inFlight: number; readonly requestsPerSecond: number };
}

/** Everything put together: what `createMillrace` returns. */
export class Millrace implements HttpHost {
  readonly cache: Cache;
  readonly database: Database;
  readonly http: HttpPorts;
  readonly system: System;
  /** Everything that happens off the hot path. */
  readonly events: EventHub<MillraceEvents>;
  /** The server that belongs to this process, where no URL was given. */
  readonly embedded: EmbeddedServer | undefined;
  readonly monitoring: Monitoring;
  /** One circuit breaker a service name; they show on the dashboard and at `/performance/resilience`. */
  readonly breakers: CircuitBreakerRegistry;
  readonly #settings: ResolvedSettings;
  readonly #requests: RequestFigures;
  readonly #metrics: CustomMetrics = new CustomMetrics();
  readonly #process: ProcessFigures;
  readonly #redis: Redis | undefined;
  readonly #changes: Changes;
  readonly #faces: Set<HttpFace> = new Set();
  readonly #steps: readonly Step[];
  #phase: Phase = 'starting';
  #server: string | null = null;
  #stopping: Promise<readonly LifecycleError[]> | undefined;

  /** @internal Use `createMillrace`. */
  constructor(parts: Parts) {
    const { settings, system, events, database, embedded } = parts;
    this.#settings = settings;
    this.system = system;
    this.events = events;
    this.database = database;
    this.embedded = embedded;
    const redis = makeRedis(settings, system, events);
    this.#redis = redis;
    const changes = new Changes(settings, migrateModeOf(this.#settings) === 'auto', { system, events, database, cache: () => this.cache });
    this.#changes = changes;
    const tiers = makeTiers(settings, { system, events, database, redis, hasTable: parts.hasTable });
    this.cache = makeCache(settings, system, events, tiers, changes);
    this.breakers = new CircuitBreakerRegistry({ clock: system.clock, events });
    this.#requests = new RequestFigures(system, { slow: settings.get<number>('monitoring.thresholds.responseTimeMs') });
    this.#process = new ProcessFigures(system.clock);
    this.monitoring = makeMonitoring(settings, {
      ...{
        system,
        events,
        database,
        redis,
        changes: changes.isShown ? changes : undefined,
        breakers: this.breakers,
        cache: this.cache,
        requests: this.#requests,
        process: this.#process,
      },
      ...{ redactor: parts.redactor, logger: parts.logger, stats: () => this.#sources(), server: () => this.#server },
    });
    this.http = this.#httpPorts(this.monitoring.mounts);
    const watching = settings.get<boolean>('monitoring.enabled') ? [this.#process, this.monitoring] : [];
    this.#steps = [...(embedded ? [embedded] : []), database, ...(redis ? [redis] : []), ...tiers.parts, this.cache, changes, ...watching].map(step);
    if (embedded) holdWhileAway(this.monitoring, embedded);
  }

  /** @internal */
  async start(): Promise<void> {
    await startInOrder(this.#steps, this.system.clock);
    const [row] = await this.database.query<{ version: string }>("select split_part(current_setting('server_version'), ' ', 1) as version");
    this.#server = `PostgreSQL ${row?.version}`;
    this.#enter('running');
  }

  /**
   * Stops in order: HTTP first, with no failed request, then what it stands on, last the embedded server. Twice is harmless. Each step has its own limit;
   * what did not stop as it should is returned, not thrown, since there is nothing left to do about it.
   */
  stop({ grace }: { readonly grace?: Duration | undefined } = {}): Promise<readonly LifecycleError[]> {
    this.#stopping ??= this.#stop(grace === undefined ? stopLimitMs : durationMs(grace));
    return this.#stopping;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Where every setting came from; secrets show as `[set]`. */
  get origins(): readonly Origin[] {
    return this.#settings.origins;
  }

  /** A setting as it was read: durations in ms, sizes in bytes. */
  setting<Value>(path: string): Value {
    return this.#settings.get<Value>(path);
  }

  /** A first context for work that no request began: a script, a job, a test. */
  context(operation: string, options?: RootOptions): CallContext {
    return rootContext(this.system, operation, options);
  }

  /** Calls `listener` for each event of that name until the returned function is called. */
  on<Name extends keyof MillraceEvents & string>(name: Name, listener: Listener<MillraceEvents[Name]>): () => void {
    return this.events.on(name, listener);
  }

  stats(): MillraceStats {
    return {
      phase: this.phase,
      cache: this.cache.stats(),
      database: this.database.stats(),
      changes: this.#changes.status(),
      http: { inFlight: this.#requests.inFlight, requestsPerSecond: this.#requests.ratePerSecond() },
    };
  }

  /**
   * Brings a schema up to date, one process at a time however many start. `database.migrate` says how: applied in development and test, only
   * looked at in production. @throws MILLRACE_MIGRATION_PENDING when something is missing and only looking is allowed
   */
  migrate(migrations: readonly Migration[]): Promise<MigrateReport> {
    const mode = migrateModeOf(this.#settings);
    return migrate(migrations, { mode }, { connect: () => this.database.connectDirect(), events: this.events, system: this.system });
  }

  /**
   * Resolves when what has been committed until now is in the caches of this process, whoever committed it: a read after it is not older. It answers with a place in the
   * log; handed to another process as `after`, that one waits until it has come as far. Without the change feed it drops what depends on tables instead.
   *
   * @throws MILLRACE_DEADLINE when the feed does not come so far within `timeout` (5 s), MILLRACE_ABORTED
   */
  async caughtUp({ after, signal, timeout = '5s' }: CallOptions & { readonly after?: string | undefined } = {}): Promise<string> {
    const limitMs = durationMs(timeout);
    const late = new AbortController();
    const cancel = this.system.clock.after(limitMs, () => late.abort(new DeadlineError('millrace.caughtUp', limitMs)));
    try {
      return await this.#changes.caughtUp(after, signal ? AbortSignal.any([late.signal, signal]) : late.signal);
    } finally {
      cancel();
    }
  }

  /**
   * The rows of a statement. With `cache` they are kept under its text and parameters, in every tier, and shared by all who ask: do not change them.
   * @throws MILLRACE_CONFIG where a statement that writes is to be kept, and whatever `database.executeQuery` throws
   */
  async executeQuery<Row extends object = Record<string, unknown>>(
    text: string,
    params: readonly unknown[] = [],
    options?: StatementOptions | CachedStatementOptions,
  ): Promise<Row[]> {
    if (!options || !('cache' in options) || options.cache === undefined || options.cache === false)
      return this.database.executeQuery<Row>(text, params, options);
    const { cache, ...call } = options;
    const run: RunStatement = (statement, context) => this.database.query(statement.text, statement.params, context);
    return (await this.cache.queryRows({ text, params }, cache, run, call)) as Row[];
  }

  getConnection(options?: CallOptions | CallContext): Promise<LentConnection> {
    return this.database.getConnection(options);
  }

  withTransaction<T>(work: (transaction: Transaction) => Promise<T>, options?: TransactionOptions | CallContext): Promise<T> {
    return this.database.withTransaction(work, options);
  }

  cacheGet<Value = unknown>(key: string, options?: CallOptions | CallContext): Promise<Value | undefined> {
    return this.cache.cacheGet<Value>(key, options);
  }

  cacheSet(key: string, value: unknown, ttl?: Duration, options?: CallOptions | CallContext): Promise<boolean> {
    return this.cache.cacheSet(key, value, ttl, options);
  }

  cacheInvalidate(pattern: string, options?: CallOptions | CallContext): Promise<number> {
    return this.cache.cacheInvalidate(pattern, options);
  }

  /** Loads what entities declare as essential, where it is not fresh. How many of those ids are fresh now. */
  warmEssentialCache(options?: CallOptions | CallContext): Promise<number> {
    return this.cache.warmEssential(options);
  }

  /** A figure of your own, in the Prometheus text. Names and labels are few: never a key or an id. */
  recordMetric(name: string, value: number, labels?: Readonly<Record<string, string>>): void {
    this.#metrics.recordMetric(name, value, labels);
  }

  #httpPorts(endpoints: readonly MountedEndpoint[]): HttpPorts {
    const isProduction = this.#settings.get<string>('environment') === 'production';
    const join = (face: HttpFace): (() => void) => {
      this.#faces.add(face);
      return () => this.#faces.delete(face);
    };
    return {
      ...{ system: this.system, events: this.events, requests: this.#requests, endpoints, join },
      lameDuckMs: this.#settings.isGiven('http.lameDuck') ? this.#settings.get<number>('http.lameDuck') : isProduction ? 300 : 0,
      graceMs: this.#settings.get<number>('http.grace'),
    };
  }

  /** Every part with figures, faces included: they come and go. */
  #sources(): readonly StatSource[] {
    return [
      this.#requests,
      this.database,
      ...(this.#redis ? [this.#redis] : []),
      this.cache,
      this.#changes,
      this.#process,
      this.monitoring,
      this.breakers,
      this.#metrics,
      ...this.#faces,
    ];
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.monitoring.health.phase = phase;
  }

  async #stop(graceMs: number): Promise<readonly LifecycleError[]> {
    this.#enter('stopping');
    const faces = [...this.#faces].map((face) => ({ ...step(face), stopLimitMs: graceMs }));
    const failures = await stopInOrder([...this.#steps, ...faces], this.system.clock);
    this.#enter('stopped');
    return failures;
  }
}

/** As it is set; else `check` in production, where nothing is created unasked. */
function migrateModeOf(settings: ResolvedSettings): 'auto' | 'check' | 'off' {
  const isGiven = settings.isGiven('database.migrate') || settings.get<string>('environment') !== 'production';
  return isGiven ? settings.get<'auto' | 'check' | 'off'>('database.migrate') : 'check';
}

interface Parts {
  readonly settings: ResolvedSettings;
  readonly system: System;
  readonly events: EventHub<MillraceEvents>;
  readonly database: Database;
  readonly embedded: EmbeddedServer | undefined;
  /** The table of the PostgreSQL tier is there. */
  readonly hasTable: boolean;
  readonly redactor: Redactor;
  readonly logger: Logger | undefined;
}

const step = (part: Lifecycle): Step => ({ part, startLimitMs, stopLimitMs });

/** The embedded server is a part of this instance: while it is away the instance wants no requests. */
function holdWhileAway({ health }: Monitoring, embedded: EmbeddedServer): void {
  let release = (): void => {};
  embedded.onState((state) => {
    release();
    release = state === 'restarting' || state === 'failed' ? health.hold(`The embedded PostgreSQL is ${state}`) : () => {};
  });
}

function makeCache(settings: ResolvedSettings, system: System, events: EventHub<MillraceEvents>, { tiers, bus }: Tiers, changes: Changes): Cache {
  const options = {
    defaultTtl: settings.get<number>('cache.defaultTtl'),
    memory: { size: settings.get<number>('cache.memory.size'), maxEntries: settings.get<number>('cache.memory.entries') },
    warming: { schedule: settings.get<string>('cache.warming.schedule'), concurrency: settings.get<number>('cache.warming.concurrency') },
    queryTables: settings.get<readonly string[]>('cache.queryTables'),
    freeze: settings.get<string>('environment') !== 'production',
  };
  const onTables = (tables: readonly string[], marks: readonly string[]): void => changes.watch(tables, marks);
  return createCache(options, { system, events, onTables, isFollowed: (table) => changes.follows(table), tiers, bus });
}

/**
 * Checks all settings and reports every problem at once, connects (or brings up the embedded PostgreSQL, outside production), and returns everything put together.
 *
 * @throws MILLRACE_CONFIG for settings that cannot be used, MILLRACE_NO_DATABASE without a database, MILLRACE_UNAVAILABLE when it cannot be reached,
 * MILLRACE_LIFECYCLE when a part does not start within 60 s.
 */
export async function createMillrace(config: MillraceConfig = {}, surroundings: Surroundings = {}): Promise<Millrace> {
  const { env = process.env, directory = process.cwd(), system = systemOfTheMachine, log, warn = warnOnce } = surroundings;
  const file = await readConfigFile(directory, env['MILLRACE_CONFIG_FILE']);
  const settings = resolveSettings(config as Readonly<Record<string, unknown>>, env, file);
  for (const warning of settings.warnings) warn(warning);
  const events = new EventHub<MillraceEvents>((name, error) => warn(`A listener of ${name} failed: ${messageOf(error)}`));
  warnOfChanges(events, warn);
  const { database, embedded } = await makeDatabase(settings, directory, system, events);
  const redactor = createRedactor(secretsOf(settings, embedded));
  const logger = log && makeLogger(log, system, redactor);
  if (logger) events.onAny(logEvents(logger));
  const hasTable = await prepareTable(settings, database, migrateModeOf(settings), warn);
  const millrace = new Millrace({ settings, system, events, database, embedded, hasTable, redactor, logger });
  await millrace.start();
  return millrace;
}

/** What cannot be seen of other programs' writes is said once each, with the statement that would change it. */
function warnOfChanges(events: EventHub<MillraceEvents>, warn: (message: string) => void): void {
  const remedy = (sql: string): string => (sql === '' ? '' : `. It would take: ${sql}`);
  events.on('database.changes.fellBack', ({ reason, sql }) => warn(`Rows changed by others do not invalidate the cache: ${reason}${remedy(sql)}`));
  events.on('database.changes.uncovered', ({ table, reason, sql }) =>
    warn(`Rows of ${table} changed by others do not invalidate the cache: ${reason}${remedy(sql)}`),
  );
}

const warnOnce = (message: string): void => process.emitWarning(message, 'MillraceWarning');

/** What must not be printed anywhere: keys, and the password inside a URL. */
function secretsOf(settings: ResolvedSettings, embedded: EmbeddedServer | undefined): string[] {
  const given = ['databaseUrl', 'databaseDirectUrl', 'redisUrl'].map((path) => settings.get<string | undefined>(path));
  const urls = [...given, embedded?.url].filter((url) => url !== undefined);
  const passwords = urls.flatMap((url) => [new URL(url).password, decodeURIComponent(new URL(url).password)]);
  return [...settings.get<readonly string[]>('http.apiKeys'), settings.get<string | undefined>('http.cursorKey') ?? '', ...passwords].filter(
    (secret) => secret !== '',
  );
}
