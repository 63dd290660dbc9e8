import type { CallContext } from '../../kernel/index.ts';
import { TimeoutError } from '../../resilience/index.ts';
import type { Answer, Connection, Statement } from '../driver/index.ts';
import { endsConnection, statementError } from '../statement-error.ts';
import { cancelStatement } from './cancelling.ts';
import { Limited } from './limited.ts';

/** Told how a statement that was cut off ended. */
export interface CancelTally {
  cancelled(running: Running, reason: unknown, outcome: 'cancelled' | 'finished' | 'destroyed', tookMs: number): void;
}

/** What a lent connection gives to the statements that run on it. */
export interface Host extends CancelTally {
  readonly connection: Connection;
  /** A transaction pooler would hand a cancel to whoever runs on its server connection by then. */
  readonly isBehindPooler: boolean;
  /** The connection is at rest again: the next statement may go. `isUsable` is false when it must be closed. */
  rested(running: Running, isUsable: boolean): void;
  /** A statement that had not been sent yet was given up. */
  dropped(running: Running): void;
}

/**
 * One statement on its way: waiting for its turn on the connection, running, or given up while it still runs.
 * The caller is answered at once when it gives up; the connection is at rest only when the server is done.
 */
export class Running extends Limited {
  readonly statement: Statement;
  readonly #host: Host;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: unknown) => void;
  readonly #run: (connection: Connection) => Promise<Answer>;
  #isSent = false;
  #isSettled = false;
  #onRested: (() => void) | undefined = undefined;
  #wasCanceled = false;

  constructor(
    host: Host,
    context: CallContext,
    limitMs: number,
    statement: Statement,
    run: (connection: Connection) => Promise<Answer>,
    resolve: (answer: Answer) => void,
    reject: (error: unknown) => void,
  ) {
    super(context, limitMs);
    this.#host = host;
    this.statement = statement;
    this.#run = run;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Starts the clock; false when the caller has gone already. */
  begin(): boolean {
    return this.arm();
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  send(): void {
    this.#isSent = true;
    const wasInTransaction = this.#host.connection.transactionStatus !== 'I';
    this.#run(this.#host.connection).then(
      (answer) => this.#ended(answer, undefined, wasInTransaction),
      (error: unknown) => this.#ended(undefined, error, wasInTransaction),
    );
  }

  /** Gives up a statement whose turn has not come. */
  refuse(error: unknown): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.disarm();
    this.#reject(error);
  }

  protected giveUp(error: unknown): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#reject(error);
    if (this.#isSent) void this.#cutOff(error);
    else this.#host.dropped(this);
  }

  protected tooLong(): Error {
    return new TimeoutError(this.context.operation, this.limitMs);
  }

  #ended(answer: Answer | undefined, error: unknown, wasInTransaction: boolean): void {
    if (this.#onRested) {
      this.#wasCanceled = (error as { code?: unknown } | undefined)?.code === '57014';
      this.#onRested();
      return;
    }
    this.#isSettled = true;
    this.disarm();
    const { connection } = this.#host;
    // First the connection, then the caller: a caller that goes on at once must find it at rest.
    this.#host.rested(this, connection.isOpen && !endsConnection(error, wasInTransaction));
    if (answer) this.#resolve(answer);
    else this.#reject(statementError(error, this.statement.text));
  }

  async #cutOff(reason: unknown): Promise<void> {
    const { connection, isBehindPooler } = this.#host;
    const { clock } = this.context.identity.system;
    const sinceMs = clock.monotonicMs();
    const rested = new Promise<void>((resolve) => {
      this.#onRested = resolve;
    });
    const isUsable = (await cancelStatement(connection, rested, clock)) && !isBehindPooler;
    const outcome = !isUsable ? 'destroyed' : this.#wasCanceled ? 'cancelled' : 'finished';
    this.#host.cancelled(this, reason, outcome, clock.monotonicMs() - sinceMs);
    this.#host.rested(this, isUsable);
  }
}
