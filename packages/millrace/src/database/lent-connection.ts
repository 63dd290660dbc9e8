import { type CallContext, contextOf } from '../kernel/index.ts';
import type { Answer, Connection, Driver, Statement } from './driver/index.ts';
import type { Lease } from './pool/index.ts';
import { Queries, type StatementOptions, type StatementRunner } from './statement/index.ts';

/** One connection in the caller's hands, for what needs a session of its own. Release it once, in `finally` or with `using`. */
export class LentConnection extends Queries {
  readonly #lease: Lease;
  readonly #runner: StatementRunner;
  readonly #driver: Driver;

  /** @internal */
  constructor(lease: Lease, runner: StatementRunner, driver: Driver) {
    super();
    this.#lease = lease;
    this.#runner = runner;
    this.#driver = driver;
  }

  /** The server process behind it, as in `pg_stat_activity`. */
  get processId(): number {
    return this.#lease.connection.processId;
  }

  /** @internal */
  get connection(): Connection {
    return this.#lease.connection;
  }

  /** Runs any statement; `isPlain` takes the simple protocol, which allows several in one text. */
  run(statement: Statement, options?: StatementOptions): Promise<Answer> {
    return this.answer(statement, options);
  }

  /** Gives it back, cleaned of what it left in the session. With `destroy` it is closed. @throws MILLRACE_RELEASED the second time */
  release(destroy = false): void {
    this.#lease.release(destroy);
  }

  [Symbol.dispose](): void {
    if (!this.#lease.isReleased) this.release();
  }

  protected answer(statement: Statement, options: StatementOptions | undefined): Promise<Answer> {
    return this.#runner.runOn(this.#lease, statement, this.contextFor('database.query', options));
  }

  protected contextFor(operation: string, options: StatementOptions | undefined): CallContext {
    return contextOf(this.#runner.system, operation, options);
  }

  protected textOf(value: unknown): string | null {
    return this.#driver.textOf(value);
  }
}
