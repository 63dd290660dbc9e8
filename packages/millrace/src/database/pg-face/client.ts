import { EventEmitter } from 'node:events';
import { quoteName } from '../batch/index.ts';
import type { LentConnection } from '../lent-connection.ts';
import { deliver, readArguments } from './ask.ts';
import type { Callback, QueryConfig, QueryResult, Submittable } from './types.ts';

/** A lent connection with the face of `pg`'s PoolClient. */
export class PoolClient extends EventEmitter {
  readonly #lent: LentConnection;
  readonly #onRelease: (error: Error | undefined) => void;
  readonly #stopListening: () => void;
  #isReleased = false;

  /** @internal */
  constructor(lent: LentConnection, onRelease: (error: Error | undefined) => void) {
    super();
    this.#lent = lent;
    this.#onRelease = onRelease;
    this.#stopListening = lent.connection.onNotification(({ channel, payload, processId }) => this.emit('notification', { channel, payload, processId }));
  }

  get processID(): number {
    return this.#lent.processId;
  }

  getTransactionStatus(): 'I' | 'T' | 'E' {
    return this.#lent.connection.transactionStatus;
  }

  query<Row = Record<string, unknown>>(query: string | QueryConfig, values?: readonly unknown[]): Promise<QueryResult<Row>>;
  query<Result = QueryResult>(query: string | QueryConfig, callback: Callback<Result>): void;
  query<Result = QueryResult>(query: string | QueryConfig, values: readonly unknown[] | undefined, callback: Callback<Result>): void;
  /** Refused: cursors and query streams are not carried. */
  query(stream: Submittable): never;
  query(...given: unknown[]): unknown {
    const { statement, callback } = readArguments(given);
    return deliver(this.#lent.run(statement), callback);
  }

  /** Gives the connection back; with an error or `true` it is closed. Twice throws, as in `pg`. */
  release(error?: Error | boolean): void {
    if (this.#isReleased) throw new Error('Release called on client which has already been released to the pool.');
    this.#isReleased = true;
    this.#stopListening();
    this.removeAllListeners();
    this.#lent.release(error !== undefined && error !== false);
    this.#onRelease(error instanceof Error ? error : undefined);
  }

  escapeIdentifier(name: string): string {
    return quoteName(name);
  }

  /** As `pg` does it: quotes doubled, and E'' with doubled backslashes where there are any. */
  escapeLiteral(text: string): string {
    const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
    return text.includes('\\') ? ` E${quoted}` : quoted;
  }
}
