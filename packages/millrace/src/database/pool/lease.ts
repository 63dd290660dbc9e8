import type { CallContext } from '../../kernel/index.ts';
import type { Answer, Connection, Statement } from '../driver/index.ts';
import { ReleasedError, TransactionError } from '../errors.ts';
import { type CancelTally, type Host, Running } from './running.ts';

/** Statements that may queue on one lent connection. */
const mostQueued = 1000;

/** What a lease needs of its pool. */
export interface Lender extends CancelTally {
  leavesTraces(text: string): boolean;
  /** Called once, when the loan is over and nothing runs on the connection any more. */
  takeBack(lease: Lease, isUsable: boolean): void;
  readonly isBehindPooler: boolean;
}

/** A connection in somebody's hands. Statements run one after another in the order they were asked; release it once, at the end. */
export class Lease implements Host {
  readonly connection: Connection;
  /** Who holds it, for reports: the operation that asked for it. */
  readonly operation: string;
  readonly sinceMs: number;
  /** A statement ran that leaves something in the session. */
  hasTraces = false;
  /** Whether the long hold was reported. */
  isReported = false;
  readonly #lender: Lender;
  #running: Running | undefined = undefined;
  readonly #queued: Running[] = [];
  #isReleased = false;
  #isUsable = true;
  #isTakenBack = false;

  constructor(lender: Lender, connection: Connection, operation: string, sinceMs: number) {
    this.#lender = lender;
    this.connection = connection;
    this.operation = operation;
    this.sinceMs = sinceMs;
  }

  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  get isReleased(): boolean {
    return this.#isReleased;
  }

  get isBehindPooler(): boolean {
    return this.#lender.isBehindPooler;
  }

  /** Runs one statement within `limitMs`, the deadline and the abort of `context`. */
  run(statement: Statement, context: CallContext, limitMs: number): Promise<Answer> {
    if (!this.hasTraces && this.#lender.leavesTraces(statement.text)) this.hasTraces = true;
    return this.#enter(statement, context, limitMs, (connection) => connection.query(statement));
  }

  /** Commits, and learns the transaction's id on the way. */
  commit(context: CallContext, limitMs: number, learn: (row: Readonly<Record<string, unknown>>) => void): Promise<Answer> {
    return this.#enter({ text: 'commit' }, context, limitMs, (connection) => connection.commit(learn));
  }

  /** Gives the connection back when what still runs on it has ended. With `destroy` it is cut at once. */
  release(destroy = false): void {
    if (this.#isReleased) throw new ReleasedError(this.operation, 'released again');
    this.#isReleased = true;
    if (destroy) this.#doom();
    this.#returnWhenAtRest();
  }

  /** Ends the loan from outside, at the pool's stop: what waits is refused, the connection is cut. */
  revoke(error: unknown): void {
    this.#isReleased = true;
    for (const one of this.#queued.splice(0)) one.refuse(error);
    if (this.#running && !this.#running.isSettled) this.#running.refuse(error);
    this.#doom();
    this.#running = undefined;
    this.#returnWhenAtRest();
  }

  rested(running: Running, isUsable: boolean): void {
    if (!isUsable) this.#isUsable = false;
    if (this.#running === running) this.#running = undefined;
    this.#next();
  }

  dropped(running: Running): void {
    const index = this.#queued.indexOf(running);
    if (index >= 0) this.#queued.splice(index, 1);
  }

  cancelled(running: Running, reason: unknown, outcome: 'cancelled' | 'finished' | 'destroyed', tookMs: number): void {
    this.#lender.cancelled(running, reason, outcome, tookMs);
  }

  #enter(statement: Statement, context: CallContext, limitMs: number, run: (connection: Connection) => Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#isReleased) return reject(new ReleasedError(this.operation, 'used'));
      if (this.#queued.length >= mostQueued)
        return reject(new TransactionError(`${mostQueued} statements already wait on the connection lent to ${this.operation}`));
      const running = new Running(this, context, limitMs, statement, run, resolve, reject);
      if (!running.begin()) return;
      if (this.#running) this.#queued.push(running);
      else this.#start(running);
    });
  }

  #start(running: Running): void {
    this.#running = running;
    running.send();
  }

  #next(): void {
    const next = this.#queued.shift();
    if (next) this.#start(next);
    else this.#returnWhenAtRest();
  }

  #doom(): void {
    this.#isUsable = false;
    this.connection.destroy();
  }

  #returnWhenAtRest(): void {
    if (!this.#isReleased || this.#running || this.#isTakenBack) return;
    this.#isTakenBack = true;
    this.#lender.takeBack(this, this.#isUsable && this.connection.isOpen);
  }
}
