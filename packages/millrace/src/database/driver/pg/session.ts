/**
 * A logged-in connection, from the moment `pg` has logged it in. `pg` did the socket, TLS and the password; from here on the conversation is ours:
 * one unit at a time, its caller settled at ReadyForQuery and never before, and any message that has no place ends the connection.
 */
import { ConnectionLostError, ParametersError, ProtocolError } from '../../errors.ts';
import type { Answer, Connection, Notification, Statement, TransactionStatus, TypeParsers } from '../port.ts';
import { isServerError } from '../port.ts';
import type { ErrorResponse, Login, Message, NotificationResponse, ParameterStatus, PgModule, ReadyForQuery, Wire } from './shape.ts';
import { ExtendedUnit, type Part, PlainUnit, type Settle, type Unit } from './unit.ts';

/** The parameter count is 16 bits on the wire. */
const mostParameters = 65_535;
const mostBytes = 1024 ** 3;
/** Prepared statements kept per connection; past it the one prepared first is closed. */
const mostNames = 500;

/** The transaction id and the timeline in one row: both are needed to ask later whether the commit happened (see transactions/settle.ts). */
const learnText = `select pg_current_xact_id_if_assigned()::text as "transactionId", case when pg_is_in_recovery() then '' else left(pg_walfile_name(pg_current_wal_lsn()), 8) end as "timeline"`;

export class Session implements Connection {
  readonly processId: number;
  transactionStatus: TransactionStatus = 'I';
  isOpen = true;
  settingsReported = 0;
  readonly #wire: Wire;
  readonly #pg: PgModule;
  readonly #sendCancel: (limitMs: number) => Promise<void>;
  readonly #settings: Map<string, string>;
  readonly #names: Map<string, string> = new Map();
  readonly #noticed: Set<(notice: ErrorResponse) => void> = new Set();
  readonly #notified: Set<(notification: Notification) => void> = new Set();
  #unit: Unit | undefined = undefined;
  #onEnd: ((cause: Error | undefined) => void) | undefined = undefined;
  #lastError: Error | undefined = undefined;
  readonly #ended: PromiseWithResolvers<void> = Promise.withResolvers<void>();

  constructor(pg: PgModule, login: Login, settings: Map<string, string>, sendCancel: (limitMs: number) => Promise<void>) {
    this.#pg = pg;
    this.#wire = login.connection;
    this.#settings = settings;
    this.#sendCancel = sendCancel;
    this.processId = login.processID;
    this.#takeOver();
  }

  setting(name: string): string | undefined {
    return this.#settings.get(name);
  }

  query(statement: Statement): Promise<Answer> {
    return this.#send((settle) => (statement.isPlain ? this.#sendPlain(statement, settle) : this.#sendExtended(statement, settle)));
  }

  commit(learn: (row: Readonly<Record<string, unknown>>) => void): Promise<Answer> {
    return this.#send((settle) => {
      const onAnswer = ({ rows }: Answer): void => learn(rows[0] as Record<string, unknown>);
      const part = { isParsed: false, types: this.#pg.types, asArrays: false };
      this.#wire.stream.cork();
      this.#write(learnText);
      // Flush makes the server send the id before it begins to commit: were it lost with the commit's answer, nobody could ask.
      this.#wire.flush();
      this.#write('commit');
      this.#wire.sync();
      this.#wire.stream.uncork();
      return new ExtendedUnit([{ ...part, onAnswer }, part], false, settle);
    });
  }

  cancel(limitMs: number): Promise<void> {
    return this.#sendCancel(limitMs);
  }

  forgetNames(): void {
    this.#names.clear();
  }

  async end(): Promise<void> {
    if (this.isOpen) this.#wire.end();
    await this.#ended.promise;
  }

  destroy(): void {
    this.isOpen = false;
    this.#wire.stream.destroy();
  }

  onEnd(listener: (cause: Error | undefined) => void): void {
    this.#onEnd = listener;
  }

  onNotice(listener: (notice: ErrorResponse) => void): void {
    this.#noticed.add(listener);
  }

  onNotification(listener: (notification: Notification) => void): () => void {
    this.#notified.add(listener);
    return () => void this.#notified.delete(listener);
  }

  /** `message` first: the wire begins to emit it when somebody listens, and stops when its own bookkeeping listener is gone. */
  #takeOver(): void {
    const wire = this.#wire;
    wire.on('message', (message: Message) => this.#read(message));
    for (const name of wire.eventNames()) if (name !== 'message') wire.removeAllListeners(name);
    wire.on('error', (error: Error) => this.#lose(error));
    wire.on('end', () => this.#close());
  }

  #send(write: (settle: Settle) => Unit): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (!this.isOpen) reject(new ConnectionLostError('it had ended before the statement was sent', { cause: this.#lastError }));
      else if (this.#unit) reject(new ProtocolError('nothing yet', `the end of the statement that is running, before the next one`));
      else this.#unit = write({ resolve, reject });
    });
  }

  #sendPlain({ text, types, rowMode }: Statement, settle: Settle): Unit {
    refuseNul(text);
    this.#wire.query(text);
    return new PlainUnit(types ?? this.#pg.types, rowMode === 'array', settle);
  }

  #sendExtended(statement: Statement, settle: Settle): Unit {
    const { text, name } = statement;
    refuseNul(text);
    const values = this.#prepared(statement.values ?? []);
    const known = name === undefined ? undefined : this.#names.get(name);
    if (known !== undefined && known !== text) throw new TypeError(`The prepared statement "${name}" has another text on this connection`);
    const evicted = name !== undefined && known === undefined ? this.#nameToClose() : undefined;
    const stream = this.#wire.stream;
    stream.cork();
    try {
      if (evicted !== undefined) this.#wire.close({ type: 'S', name: evicted });
      this.#write(text, name, values, known !== undefined);
      this.#wire.sync();
    } finally {
      stream.uncork();
    }
    return new ExtendedUnit([this.#partOf(statement, known !== undefined)], evicted !== undefined, settle);
  }

  /** Before anything is sent: a value that does not turn into text must not leave half a unit on the wire. */
  #prepared(values: readonly unknown[]): readonly unknown[] {
    if (values.length > mostParameters) throw new ParametersError('parameters', values.length, mostParameters);
    const prepared = values.map((value) => this.#pg.utils.prepareValue(value));
    let bytes = 0;
    for (const value of prepared) bytes += typeof value === 'string' || Buffer.isBuffer(value) ? value.length : 0;
    if (bytes >= mostBytes) throw new ParametersError('bytes of parameters', bytes, mostBytes - 1);
    return prepared;
  }

  #write(text: string, name?: string, values: readonly unknown[] = [], isParsed = false): void {
    const wire = this.#wire;
    if (!isParsed) wire.parse({ text, name });
    wire.bind({ statement: name, values });
    wire.describe({ type: 'P', name: '' });
    wire.execute({ portal: '', rows: 0 });
  }

  #partOf({ text, name, rowMode, types }: Statement, isParsed: boolean): Part {
    const onParsed = name === undefined ? undefined : (): void => void this.#names.set(name, text);
    return { isParsed, types: types ?? (this.#pg.types as TypeParsers), asArrays: rowMode === 'array', onParsed };
  }

  #nameToClose(): string | undefined {
    const [oldest] = this.#names.size >= mostNames ? this.#names.keys() : [];
    if (oldest !== undefined) this.#names.delete(oldest);
    return oldest;
  }

  #read(message: Message): void {
    if (!this.isOpen) return;
    switch (message.name) {
      case 'readyForQuery':
        this.#ready(message as ReadyForQuery);
        return;
      case 'notice':
        for (const listener of this.#noticed) listener(message as ErrorResponse);
        return;
      case 'notification':
        for (const listener of this.#notified) listener(message as NotificationResponse);
        return;
      case 'parameterStatus':
        this.settingsReported++;
        this.#settings.set((message as ParameterStatus).parameterName, (message as ParameterStatus).parameterValue);
        return;
      default:
        this.#pass(message);
    }
  }

  #pass(message: Message): void {
    if (message.name === 'error' && (!isServerError(message) || isFatal(message))) this.#lose(message as ErrorResponse);
    else if (!this.#unit?.accept(message)) this.#surprise(message.name);
    else if (message.name === 'copyInResponse') this.#refuseCopy();
  }

  #ready({ status }: ReadyForQuery): void {
    const unit = this.#unit;
    if (!unit?.isComplete || (status !== 'I' && status !== 'T' && status !== 'E')) {
      this.#surprise('ReadyForQuery');
      return;
    }
    this.#unit = undefined;
    this.transactionStatus = status;
    if (unit.error?.code === '26000') this.#names.clear();
    if (unit.error) unit.reject(unit.error);
    else unit.resolve();
  }

  #refuseCopy(): void {
    this.#wire.sendCopyFail('COPY FROM STDIN is not carried here; use insertMany');
    // In the extended protocol the server skips to the Sync that follows the failure, and the one already sent was swallowed by the copy.
    if (this.#unit instanceof ExtendedUnit) this.#wire.sync();
  }

  #surprise(found: string): void {
    this.#lose(new ProtocolError(found, this.#unit?.expected ?? 'nothing, as no statement ran'));
  }

  /** Nothing more is read from here on; the caller is told when the socket is gone, or now where it already is. */
  #lose(error: Error): void {
    this.#lastError ??= error;
    if (error instanceof ProtocolError) this.#lastError = error;
    this.isOpen = false;
    this.#wire.stream.destroy();
  }

  #close(): void {
    this.isOpen = false;
    const cause = this.#lastError;
    const unit = this.#unit;
    this.#unit = undefined;
    unit?.reject(cause instanceof ProtocolError ? cause : lossOf(cause));
    this.#wire.removeAllListeners();
    this.#wire.on('error', () => {});
    this.#onEnd?.(cause);
    this.#ended.resolve();
  }
}

const isFatal = (error: { readonly severity: string }): boolean => error.severity === 'FATAL' || error.severity === 'PANIC';

const lossOf = (cause: Error | undefined): ConnectionLostError =>
  new ConnectionLostError(cause?.message ?? 'the server closed it', { cause, sqlState: isServerError(cause) ? cause.code : undefined });

/** A NUL ends a string on the wire: what follows it would be read as something else. */
function refuseNul(text: string): void {
  if (text.includes('\0')) throw new TypeError('A statement cannot contain the character NUL');
}
