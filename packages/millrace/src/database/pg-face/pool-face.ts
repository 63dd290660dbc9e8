import { EventEmitter } from 'node:events';
import type { Answer, Statement } from '../driver/index.ts';
import type { LentConnection } from '../lent-connection.ts';
import { deliver, readArguments } from './ask.ts';
import { PoolClient } from './client.ts';
import type { Callback, Done, FaceOptions, QueryConfig, QueryResult, Submittable } from './types.ts';

/** What stands behind a face. */
export interface FaceHost {
  run(statement: Statement): Promise<Answer>;
  lend(): Promise<LentConnection>;
  counts(): { readonly total: number; readonly idle: number; readonly waiting: number };
  /** Called once, by `end()`. */
  end(): Promise<void>;
}

/**
 * Our pool with the face of `pg.Pool`, for ORMs: callbacks and promises, `connect`, `query`, `end`, `on`, the three counts.
 * Errors of PostgreSQL keep pg's shape (`code` is the SQLSTATE); what the pool itself refuses has our codes.
 *
 * The name of this class ends in `Pool` because Drizzle looks for that word to tell a pool from a client.
 */
export class FacePool extends EventEmitter {
  readonly options: FaceOptions;
  readonly #host: FaceHost;
  #isEnding = false;
  #isEnded = false;

  /** @internal */
  constructor(host: FaceHost, options: FaceOptions) {
    super();
    this.#host = host;
    this.options = options;
  }

  get totalCount(): number {
    return this.#host.counts().total;
  }
  get idleCount(): number {
    return this.#host.counts().idle;
  }
  get waitingCount(): number {
    return this.#host.counts().waiting;
  }
  get expiredCount(): number {
    return 0;
  }
  get ending(): boolean {
    return this.#isEnding;
  }
  get ended(): boolean {
    return this.#isEnded;
  }

  query<Row = Record<string, unknown>>(query: string | QueryConfig, values?: readonly unknown[]): Promise<QueryResult<Row>>;
  query<Result = QueryResult>(query: string | QueryConfig, callback: Callback<Result>): void;
  query<Result = QueryResult>(query: string | QueryConfig, values: readonly unknown[] | undefined, callback: Callback<Result>): void;
  /** Refused: cursors and query streams are not carried. */
  query(stream: Submittable): never;
  query(...given: unknown[]): unknown {
    const { statement, callback } = readArguments(given);
    return deliver(this.#run(statement), callback);
  }

  /** `Client` is what the caller's types want it to be: pg's own PoolClient, for those who have its types. */
  connect<Client = PoolClient>(): Promise<Client>;
  connect<Client = PoolClient>(callback: (error: Error | undefined, client: Client | undefined, done: Done) => void): void;
  connect<Client = PoolClient>(callback?: (error: Error | undefined, client: Client | undefined, done: Done) => void): Promise<Client> | undefined {
    const lent = this.#lend();
    if (!callback) return lent as Promise<Client>;
    lent.then(
      (client) => callback(undefined, client as Client, (error) => client.release(error)),
      (error: Error) => callback(error, undefined, () => {}),
    );
    return undefined;
  }

  /** Takes no more queries through this face. The pool behind it goes on where it belongs to a `Database`. */
  end(): Promise<void>;
  end(callback: () => void): void;
  end(callback?: (error?: Error) => void): Promise<void> | undefined {
    const ended = this.#end();
    if (!callback) return ended;
    ended.then(() => callback(), callback);
    return undefined;
  }

  async #end(): Promise<void> {
    if (this.#isEnding) throw new Error('Called end on pool more than once');
    this.#isEnding = true;
    await this.#host.end();
    this.#isEnded = true;
  }

  async #run(statement: Statement): Promise<Answer> {
    if (this.#isEnding) throw new Error('Cannot use a pool after calling end on the pool');
    // Who set up sessions in `connect` expects them to be set up for every query.
    if (this.listenerCount('connect') === 0) return this.#host.run(statement);
    const lent = await this.#lendConnection();
    const client = this.#greet(lent);
    try {
      return await lent.run(statement);
    } finally {
      client.release();
    }
  }

  async #lend(): Promise<PoolClient> {
    return this.#greet(await this.#lendConnection());
  }

  async #lendConnection(): Promise<LentConnection> {
    if (this.#isEnding) throw new Error('Cannot use a pool after calling end on the pool');
    return await this.#host.lend();
  }

  /** `connect` is emitted with every loan, as every loan is a fresh session; what a listener sends goes before what the borrower sends. */
  #greet(lent: LentConnection): PoolClient {
    const client: PoolClient = new PoolClient(lent, (error) => this.emit('release', error, client));
    this.emit('connect', client);
    this.emit('acquire', client);
    return client;
  }
}
