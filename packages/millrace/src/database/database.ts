import {
  type CallContext,
  type CallOptions,
  contextOf,
  type Duration,
  durationMs,
  type EventSink,
  type HealthCheck,
  type HealthReport,
  type Lifecycle,
  messageOf,
  type StatSink,
  type StatSource,
  type System,
  silent,
  system as systemOfTheMachine,
} from '../kernel/index.ts';
import { type Answer, type Connection, type Driver, PgDriver, parseTarget, type ReplicationConnection, type Statement } from './driver/index.ts';
import type { DatabaseEvents } from './events.ts';
import { LentConnection } from './lent-connection.ts';
import { type DatabaseOptions, type ResolvedDatabaseOptions, resolveDatabaseOptions } from './options.ts';
import { FacePool } from './pg-face/index.ts';
import { ConnectionPool, type PoolStats } from './pool/index.ts';
import { holderOf, Queries, type StatementOptions, StatementRunner } from './statement/index.ts';
import { type StatementReading, StatementTracker } from './tracking/index.ts';
import { runTransaction, type Transaction, type TransactionOptions, type TransactionPorts } from './transactions/index.ts';

/** What a database works with; everything has a default. */
export interface DatabasePorts {
  readonly events?: EventSink<DatabaseEvents> | undefined;
  readonly system?: System | undefined;
  /** In place of `pg`: for tests, and for drivers of your own. */
  readonly driver?: Driver | undefined;
}

export interface DatabaseStats {
  readonly pool: PoolStats;
  /** All statements since the start. Times are on the server, network included, without the wait for a connection. */
  readonly statements: {
    readonly count: number;
    readonly errors: number;
    readonly slow: number;
    readonly meanMs: number;
    readonly p95Ms: number;
    /** Different statements seen, by normalized text. */
    readonly groups: number;
  };
}

/** PostgreSQL through the pool: statements, transactions, figures. Making one does no I/O; `start()` connects. */
export class Database extends Queries implements Lifecycle, HealthCheck, StatSource {
  readonly name = 'database';
  readonly #options: ResolvedDatabaseOptions;
  readonly #driver: Driver;
  readonly #direct: Driver;
  readonly #pool: ConnectionPool;
  readonly #tracker: StatementTracker;
  readonly #runner: StatementRunner;
  readonly #transactions: TransactionPorts;

  /** @internal Use `createDatabase`. */
  constructor(given: DatabaseOptions, { events = silent, system = systemOfTheMachine, driver }: DatabasePorts) {
    super();
    const options = resolveDatabaseOptions(given);
    const target = parseTarget(options.url, options.applicationName);
    this.#options = options;
    this.#driver = driver ?? new PgDriver(target, system.clock);
    this.#direct = driver ?? new PgDriver(parseTarget(options.directUrl, options.applicationName, 'database.directUrl'), system.clock);
    this.#pool = new ConnectionPool(options.pool, { driver: this.#driver, system, events });
    this.#tracker = new StatementTracker(options.slowAfterMs, events);
    this.#runner = new StatementRunner(system, this.#pool, this.#tracker);
    this.#transactions = { owner: this, runner: this.#runner, events, textOf: (value) => this.textOf(value) };
    if (target.tls.mode === 'no-verify') events.emit('database.tls.unverified', () => ({ address: this.#driver.address }));
  }

  /** `host:port/name`, without user and password. */
  get address(): string {
    return this.#driver.address;
  }

  /** Opens the first connection. @throws MILLRACE_UNAVAILABLE, MILLRACE_DATABASE_REFUSED, MILLRACE_TLS, MILLRACE_NO_DRIVER */
  start(): Promise<void> {
    return this.#pool.start();
  }

  /** Takes no more calls, lets running ones finish for `drainTimeout`, cuts the rest. Every waiting caller is answered. */
  stop(limit?: Duration): Promise<void> {
    return this.#pool.drain(limit === undefined ? this.#options.drainTimeoutMs : durationMs(limit));
  }

  /** Any statement, answered in full: fields and command tag too. `isPlain` takes the simple protocol, which allows several statements in one text. */
  run(statement: Statement, options?: StatementOptions): Promise<Answer> {
    return this.answer(statement, options);
  }

  /** A connection of your own until you release it. */
  async getConnection(options?: CallOptions | CallContext): Promise<LentConnection> {
    const operation = holderOf(options, 'database.getConnection');
    return new LentConnection(await this.#pool.acquire(this.contextFor('database.getConnection', options), operation), this.#runner, this.#driver);
  }

  acquire(options?: CallOptions | CallContext): Promise<LentConnection> {
    return this.getConnection(options);
  }

  release(connection: LentConnection): void {
    connection.release();
  }

  /** A connection past the pool and past a transaction pooler: for session locks, LISTEN and migrations. The caller ends it. */
  connectDirect(): Promise<Connection> {
    return this.#direct.connect(this.#options.pool.acquireTimeoutMs);
  }

  /** A connection in replication mode, to the same server as `connectDirect` and with the same login. The caller ends it. */
  connectReplication(): Promise<ReplicationConnection> {
    if (!this.#direct.connectReplication) throw new TypeError('This driver has no replication connections');
    return this.#direct.connectReplication(this.#options.pool.acquireTimeoutMs);
  }

  /**
   * Runs `work` in a transaction: committed when it resolves, rolled back when it rejects. Inside another transaction of this database it is a savepoint.
   * @throws what `work` throws; MILLRACE_TRANSACTION when it swallowed the failure of a statement; MILLRACE_COMMIT_UNKNOWN
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, options?: TransactionOptions | CallContext): Promise<T> {
    return runTransaction(this.#transactions, work, options);
  }

  /** The same as `transaction`, under the name that the source documents use. */
  withTransaction<T>(work: (transaction: Transaction) => Promise<T>, options?: TransactionOptions | CallContext): Promise<T> {
    return this.transaction(work, options);
  }

  /**
   * This pool with the face of `pg.Pool`, for Drizzle, Kysely and whatever else takes one. Each call makes a new face; `end()` ends the face only.
   */
  pool(): FacePool {
    const { minConnections: min, maxConnections: max, idleTimeoutMs, maxLifetimeMs } = this.#options.pool;
    const options = {
      min,
      max,
      idleTimeoutMillis: idleTimeoutMs,
      maxLifetimeSeconds: maxLifetimeMs / 1000,
      maxUses: Number.POSITIVE_INFINITY,
      allowExitOnIdle: false,
    };
    const host = {
      run: (statement: Statement) => this.run(statement),
      lend: () => this.getConnection(),
      counts: () => this.#pool.stats(),
      end: () => Promise.resolve(),
    };
    return new FacePool(host, options);
  }

  stats(): DatabaseStats {
    return { pool: this.#pool.stats(), statements: this.#tracker.totals() };
  }

  /** Every different statement with its figures, the one that took the most time in all first; 1,000 and `other` at most. */
  statements(): readonly StatementReading[] {
    return this.#tracker.statements();
  }

  collect(sink: StatSink): void {
    this.#pool.collect(sink);
    this.#tracker.collect(sink);
  }

  /** Asks the server something small. Up, down, or degraded: it answers, but callers wait for connections. */
  check(signal: AbortSignal): Promise<HealthReport> {
    return this.healthCheck({ signal });
  }

  /** The same within a limit of its own. */
  async healthCheck(options: CallOptions = { timeout: '2s' }): Promise<HealthReport> {
    const { clock } = this.#runner.system;
    const sinceMs = clock.monotonicMs();
    try {
      await this.query('select 1', [], { priority: 'critical', ...options });
    } catch (error) {
      return { state: 'down', detail: { address: this.address, reason: messageOf(error) } };
    }
    const { total, inUse, idle, waiting, utilisation } = this.#pool.stats();
    const detail = { address: this.address, tookMs: clock.monotonicMs() - sinceMs, total, inUse, idle, waiting, utilisation };
    return { state: waiting > 0 && idle === 0 ? 'degraded' : 'up', detail };
  }

  protected answer(statement: Statement, options: StatementOptions | undefined): Promise<Answer> {
    return this.#runner.run(statement, options);
  }

  protected contextFor(operation: string, options: StatementOptions | undefined): CallContext {
    return contextOf(this.#runner.system, operation, options);
  }

  protected textOf(value: unknown): string | null {
    return this.#driver.textOf(value);
  }
}

/** Checks every option at once and makes a database; `start()` connects. @throws MILLRACE_CONFIG */
export const createDatabase = (options: DatabaseOptions, ports: DatabasePorts = {}): Database => new Database(options, ports);
