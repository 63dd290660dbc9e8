import { type CallContext, durationMs } from '../../kernel/index.ts';
import type { Answer, Statement } from '../driver/index.ts';
import { TransactionError } from '../errors.ts';
import type { Lease } from '../pool/index.ts';
import { Queries, type StatementOptions, type StatementRunner } from '../statement/index.ts';
import { insideTransaction } from './scope.ts';

/** What a transaction works with. */
export interface TransactionParts {
  readonly owner: object;
  readonly lease: Lease;
  readonly runner: StatementRunner;
  readonly context: CallContext;
  textOf(value: unknown): string | null;
}

/** The transaction in the hands of its callback. It ends with the callback: kept and used later, it refuses. */
export class Transaction extends Queries {
  readonly #parts: TransactionParts;
  readonly #depth: number;
  #isOver = false;
  /** The newest failure of a statement: named when the callback swallowed it and committed all the same. */
  #failure: unknown = undefined;
  #nested: Promise<unknown> = Promise.resolve();

  /** @internal */
  constructor(parts: TransactionParts, depth: number) {
    super();
    this.#parts = parts;
    this.#depth = depth;
  }

  /** Runs `work` in a savepoint: its failure undoes only what it did. Nested transactions of one transaction run one after another. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const run = this.#nested.then(() => this.#inSavepoint(work));
    this.#nested = run.catch(() => {}); // the caller has the failure; the next one only needs to know that it is over
    return run;
  }

  withTransaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.transaction(work);
  }

  /** @internal The failure that made the transaction useless, if one did. */
  get failure(): unknown {
    return this.#failure;
  }

  /** @internal Refuses every further statement. */
  over(): void {
    this.#isOver = true;
  }

  protected async answer(statement: Statement, options: StatementOptions | undefined): Promise<Answer> {
    if (this.#isOver) throw new TransactionError('The transaction has ended; it takes no more statements');
    try {
      return await this.#parts.runner.runOn(this.#parts.lease, statement, this.contextFor('', options));
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  /** Inside the transaction's own context, so that its end ends the statement; narrowed by what the caller brought. */
  protected contextFor(_operation: string, options: StatementOptions | undefined): CallContext {
    const { context, runner } = this.#parts;
    if (options === undefined) return context;
    const { clock } = runner.system;
    const given = 'deadlineMs' in options ? options.deadlineMs : options.timeout === undefined ? undefined : clock.monotonicMs() + durationMs(options.timeout);
    const narrowed = context.with({ deadlineMs: given, step: 'step' in options ? options.step : undefined });
    return options.signal ? narrowed.withSignal(options.signal) : narrowed;
  }

  protected textOf(value: unknown): string | null {
    return this.#parts.textOf(value);
  }

  async #inSavepoint<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const { lease, owner } = this.#parts;
    const name = `millrace_${this.#depth + 1}`;
    await this.#control(`savepoint ${name}`);
    const inner = new Transaction(this.#parts, this.#depth + 1);
    try {
      const value = await insideTransaction(owner, inner, () => work(inner));
      if (lease.connection.transactionStatus === 'E') throw swallowed(inner.failure);
      await this.#control(`release savepoint ${name}`);
      return value;
    } catch (error) {
      if (lease.connection.isOpen && !this.#isOver) await this.#control(`rollback to savepoint ${name}; release savepoint ${name}`);
      throw error;
    } finally {
      inner.over();
    }
  }

  async #control(text: string): Promise<void> {
    if (this.#isOver) throw new TransactionError('The transaction has ended; it takes no more statements');
    const { lease, runner, context } = this.#parts;
    await lease.run({ text, isPlain: true }, context.with({ operation: text }), runner.pool.options.statementTimeoutMs);
  }
}

/** A commit after a failed statement would be a rollback that looks like a success. */
export const swallowed = (cause: unknown): TransactionError =>
  new TransactionError('The transaction was rolled back: a statement in it had failed, and the callback went on as if it had not', { cause });
