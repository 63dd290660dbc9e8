import { type CallContext, contextOf, type EventSink, isMillraceError, runInContext, sleep } from '../../kernel/index.ts';
import { TimeoutError } from '../../resilience/index.ts';
import { CommitUnknownError, ConnectionLostError } from '../errors.ts';
import type { DatabaseEvents } from '../events.ts';
import { type Lease, Limited } from '../pool/index.ts';
import { holderOf, type StatementRunner } from '../statement/index.ts';
import { resolveTransactionOptions, type TransactionOptions } from './options.ts';
import { currentTransaction, insideTransaction } from './scope.ts';
import { type Learnt, settleCommit } from './settle.ts';
import { swallowed, Transaction } from './transaction.ts';

const firstPauseMs = 10;
const longestPauseMs = 500;
const rollbackLimitMs = 5000;
const retryableStates = new Set(['40001', '40P01']);

/** What transactions work with. */
export interface TransactionPorts {
  readonly owner: object;
  readonly runner: StatementRunner;
  readonly events: EventSink<DatabaseEvents>;
  textOf(value: unknown): string | null;
}

/** Runs `work` in a transaction: committed when it resolves, rolled back when it rejects. Inside another one of the same database: in a savepoint. */
export async function runTransaction<T>(
  ports: TransactionPorts,
  work: (transaction: Transaction) => Promise<T>,
  options: TransactionOptions | CallContext | undefined,
): Promise<T> {
  const { begin, retries } = resolveTransactionOptions(options);
  const outer = currentTransaction<Transaction>(ports.owner);
  if (outer) return outer.transaction(work);
  const { system } = ports.runner;
  const holder = holderOf(options, 'database.transaction');
  const context = contextOf(system, 'database.transaction', options);
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(ports, context, holder, begin, work);
    } catch (error) {
      const sqlState = stateOf(error);
      if (attempt > retries || !retryableStates.has(sqlState)) throw error;
      const inMs = system.random.next() * Math.min(longestPauseMs, firstPauseMs * 2 ** attempt);
      if (inMs >= context.remainingMs()) throw error;
      ports.events.emit('database.transaction.retried', () => ({ operation: holder, sqlState, attempt, inMs }));
      await sleep(system.clock, inMs, context.signal);
    }
  }
}

const stateOf = (error: unknown): string => (isMillraceError(error) && 'sqlState' in error ? String(error.sqlState) : '');

async function once<T>(ports: TransactionPorts, outer: CallContext, holder: string, begin: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const { runner, owner } = ports;
  const context = outer.with({});
  const lease = await runner.pool.acquire(context, holder);
  const transaction = new Transaction({ owner, lease, runner, context, textOf: ports.textOf }, 0);
  const end = new End(context);
  try {
    await lease.run({ text: begin, isPlain: true }, context, runner.pool.options.statementTimeoutMs);
    const value = await end.before(() => insideTransaction(owner, transaction, () => runInContext(context, () => work(transaction))));
    // From here on nobody is told that it was cut off: a commit that has been sent cannot be called back.
    end.disband();
    transaction.over();
    await commit(ports, lease, transaction, context);
    lease.release();
    return value;
  } catch (error) {
    end.disband();
    transaction.over();
    // Whoever gave up does not wait for the rollback; everybody else does, so that what follows sees it done.
    const undone = rollBack(lease, context);
    if (!end.isCut) await undone;
    throw error;
  }
}

/** The end of the call, from outside: its deadline or its caller. */
class End extends Limited {
  isCut = false;
  readonly #cut: PromiseWithResolvers<never> = Promise.withResolvers<never>();

  constructor(context: CallContext) {
    super(context, Number.POSITIVE_INFINITY);
    this.#cut.promise.catch(() => {}); // heard through `before`, where somebody waits
  }

  before<T>(work: () => Promise<T>): Promise<T> {
    if (!this.arm()) return this.#cut.promise;
    return Promise.race([new Promise<T>((resolve) => resolve(work())), this.#cut.promise]);
  }

  disband(): void {
    this.disarm();
  }

  protected giveUp(error: unknown): void {
    this.isCut = true;
    this.#cut.reject(error);
    this.context.abort(error);
  }

  protected tooLong(): Error {
    return new TimeoutError(this.context.operation, this.limitMs);
  }
}

async function commit({ runner, events }: TransactionPorts, lease: Lease, transaction: Transaction, context: CallContext): Promise<void> {
  if (lease.connection.transactionStatus === 'E') throw swallowed(transaction.failure);
  let learnt: Learnt | undefined;
  try {
    const answer = await lease.commit(context.detached(), runner.pool.options.statementTimeoutMs, (row) => {
      learnt = row as unknown as Learnt;
    });
    if (answer.command === 'ROLLBACK') throw swallowed(transaction.failure);
  } catch (error) {
    if (!isLost(error)) throw error;
    await settle(runner, events, learnt, error);
  }
}

/** The answer to COMMIT did not come: lost with its connection, or too late. An error that came as an answer is one: the transaction failed. */
const isLost = (error: unknown): boolean =>
  isMillraceError(error) && ['MILLRACE_CONNECTION_LOST', 'MILLRACE_PROTOCOL', 'MILLRACE_TIMEOUT', 'MILLRACE_STOPPED'].includes(error.code);

/** Returns when the transaction was committed after all; throws what is known otherwise. */
async function settle(runner: StatementRunner, events: EventSink<DatabaseEvents>, learnt: Learnt | undefined, cause: unknown): Promise<void> {
  if (!learnt) throw new CommitUnknownError('', 'the connection was lost before its id was learnt', { cause });
  const { transactionId, timeline } = learnt;
  if (transactionId === null) throw new ConnectionLostError('in the commit of a transaction that had written nothing', { cause, retryable: true });
  const { outcome, why } = await settleCommit(runner.system, runner.pool, { transactionId, timeline });
  events.emit('database.commit.settled', () => ({ transactionId, outcome }));
  if (outcome === 'unknown') throw new CommitUnknownError(transactionId, why, { cause });
  if (outcome === 'aborted') throw new ConnectionLostError(`transaction ${transactionId} was rolled back`, { cause, retryable: true });
}

/** Never rejects. A connection that cannot be rolled back is closed by the pool. */
async function rollBack(lease: Lease, context: CallContext): Promise<void> {
  let isClean = false;
  try {
    if (lease.connection.isOpen && (lease.isBusy || lease.connection.transactionStatus !== 'I')) {
      await lease.run({ text: 'rollback', isPlain: true }, context.detached(), rollbackLimitMs);
    }
    isClean = true;
  } catch {
    // What the caller gets is why the transaction ended, not why its connection could not be saved.
  }
  if (!lease.isReleased) lease.release(!isClean);
}
