/**
 * A logged-in connection in replication mode. As in `session.ts`, `pg` did socket, TLS and password, and the conversation is ours: simple queries one at a
 * time, then the stream. Whatever has no place in it ends the connection; the server then drops the temporary slot by itself.
 */
import { ConnectionLostError, ProtocolError } from '../../errors.ts';
import { isServerError, type ReplicationConnection } from '../port.ts';
import type { CopyData, DataRow, ErrorResponse, Login, Message, RowDescription, Wire } from './shape.ts';

type Row = Record<string, string | null>;

interface Command {
  readonly rows: Row[];
  columns: readonly string[];
  error: ErrorResponse | undefined;
  readonly onData: ((message: Buffer) => void) | undefined;
  readonly resolve: (rows: Row[]) => void;
  readonly reject: (error: Error) => void;
}

const silentKinds = new Set(['commandComplete', 'notice', 'parameterStatus']);

export class ReplicationSession implements ReplicationConnection {
  readonly processId: number;
  readonly ended: Promise<Error | undefined>;
  readonly #wire: Wire;
  #command: Command | undefined;
  #onData: ((message: Buffer) => void) | undefined;
  #isOpen = true;
  #cause: Error | undefined;

  constructor(login: Login) {
    this.processId = login.processID;
    const wire = login.connection;
    this.#wire = wire;
    // As in session.ts: the wire begins to emit `message` when somebody listens, and stops when its own bookkeeping listener is gone.
    wire.on('message', (message: Message) => this.#read(message));
    for (const name of wire.eventNames()) if (name !== 'message') wire.removeAllListeners(name);
    wire.on('error', (error: Error) => this.destroy(error));
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.ended = promise;
    wire.on('end', () => this.#close(resolve));
  }

  command(text: string): Promise<Row[]> {
    return this.#send(text, undefined);
  }

  async follow(text: string, onData: (message: Buffer) => void): Promise<void> {
    await this.#send(text, onData);
  }

  send(message: Buffer): void {
    if (this.#isOpen) this.#wire.sendCopyFromChunk(message);
  }

  async end(): Promise<void> {
    if (this.#isOpen) this.#wire.end();
    await this.ended;
  }

  destroy(cause?: Error): void {
    this.#cause ??= cause;
    this.#isOpen = false;
    this.#wire.stream.destroy();
  }

  #send(text: string, onData: ((message: Buffer) => void) | undefined): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      if (!this.#isOpen) reject(this.#loss());
      else if (this.#command || this.#onData) reject(new ProtocolError('nothing yet', 'the end of the command that is running, before the next one'));
      else {
        this.#command = { rows: [], columns: [], error: undefined, onData, resolve, reject };
        this.#wire.query(text);
      }
    });
  }

  #read(message: Message): void {
    if (!this.#isOpen) return;
    if (message.name === 'copyData') this.#stream((message as CopyData).chunk);
    else if (message.name === 'replicationStart') this.#begin();
    else if (message.name === 'rowDescription') this.#describe(message as RowDescription);
    else if (message.name === 'dataRow') this.#row((message as DataRow).fields);
    else if (message.name === 'error') this.#fail(message as ErrorResponse);
    else if (message.name === 'readyForQuery') this.#ready();
    else if (!silentKinds.has(message.name)) this.destroy(new ProtocolError(message.name, 'an answer of the replication grammar'));
  }

  #stream(chunk: Buffer): void {
    try {
      if (!this.#onData) throw new ProtocolError('copy data', 'the beginning of the stream');
      this.#onData(chunk);
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #begin(): void {
    const command = this.#command;
    if (!command?.onData) {
      this.destroy(new ProtocolError('a stream', 'the answer to a command'));
      return;
    }
    this.#command = undefined;
    this.#onData = command.onData;
    command.resolve([]);
  }

  #describe({ fields }: RowDescription): void {
    if (this.#command) this.#command.columns = fields.map(({ name }) => name);
  }

  #row(fields: readonly (string | null)[]): void {
    this.#command?.rows.push(Object.fromEntries(this.#command.columns.map((name, index) => [name, fields[index] ?? null])));
  }

  /** While it streams, an error ends the stream, and the connection is of no more use. */
  #fail(error: ErrorResponse): void {
    if (this.#command && error.severity === 'ERROR') this.#command.error = error;
    else this.destroy(error);
  }

  #ready(): void {
    const command = this.#command;
    if (!command) {
      this.destroy(new ProtocolError('ReadyForQuery', 'nothing, as no command ran'));
      return;
    }
    this.#command = undefined;
    if (command.error) command.reject(command.error);
    else command.resolve(command.rows);
  }

  #close(settle: (cause: Error | undefined) => void): void {
    this.#isOpen = false;
    const command = this.#command;
    this.#command = undefined;
    this.#wire.removeAllListeners();
    this.#wire.on('error', () => {});
    command?.reject(this.#loss());
    settle(this.#cause);
  }

  #loss(): Error {
    const cause = this.#cause;
    return new ConnectionLostError(cause?.message ?? 'the server closed it', { cause, sqlState: isServerError(cause) ? cause.code : undefined });
  }
}
