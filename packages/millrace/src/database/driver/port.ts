/**
 * What the pool needs of a connection to PostgreSQL, in our own words. `driver/pg` is the real one; tests script their own.
 * One statement runs at a time: the pool sees to that.
 */

/** `I` idle, `T` in a transaction, `E` in a transaction that failed: the byte of ReadyForQuery. */
export type TransactionStatus = 'I' | 'T' | 'E';

export interface Field {
  readonly name: string;
  readonly tableID: number;
  readonly columnID: number;
  /** The type's OID. */
  readonly dataTypeID: number;
  readonly dataTypeSize: number;
  readonly dataTypeModifier: number;
  readonly format: string;
}

/** Finds the function that reads a value of a type. */
export interface TypeParsers {
  getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown;
}

export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[] | undefined;
  /** A name makes it a prepared statement of this connection. 63 bytes at most. */
  readonly name?: string | undefined;
  /** Rows as arrays of values instead of objects. */
  readonly rowMode?: 'array' | undefined;
  readonly types?: TypeParsers | undefined;
  /** The simple protocol: no parameters, several statements in one text. Otherwise the extended protocol is used, parameters or not. */
  readonly isPlain?: boolean | undefined;
}

export interface Answer {
  readonly rows: unknown[];
  readonly rowCount: number | null;
  /** First word of the command tag: `SELECT`, `INSERT`, `COMMIT`, … */
  readonly command: string;
  readonly fields: Field[];
  /** Each answer of a plain text with several statements; undefined where there was one. */
  readonly series?: readonly Answer[] | undefined;
}

/** An error as PostgreSQL sends it (protocol, section 55.8). The same shape that `pg` throws. */
export interface ServerError extends Error {
  /** SQLSTATE */
  readonly code: string;
  readonly severity: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly position?: string | undefined;
  readonly constraint?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly schema?: string | undefined;
}

export interface Notification {
  readonly channel: string;
  readonly payload: string;
  readonly processId: number;
}

export interface Connection {
  /** The server's process behind it, as BackendKeyData says. */
  readonly processId: number;
  /** As the last ReadyForQuery said. */
  readonly transactionStatus: TransactionStatus;
  /** False from the moment it ended, or was found out of step. */
  readonly isOpen: boolean;
  /** How often the server reported a changed setting since the session began. */
  readonly settingsReported: number;
  /** A setting that the server reports by itself, `server_version` for one. */
  setting(name: string): string | undefined;
  /** Settles when ReadyForQuery was seen, never before; rejects with a `ServerError`, or with one of ours when the connection ended. */
  query(statement: Statement): Promise<Answer>;
  /** Asks for the transaction's id and commits, in one round trip; `learn` is called with the first answer's only row before the commit has run. */
  commit(learn: (row: Readonly<Record<string, unknown>>) => void): Promise<Answer>;
  /** Sends a CancelRequest over a socket of its own; settles when that socket has ended. */
  cancel(limitMs: number): Promise<void>;
  /** Forgets the names of prepared statements, after the server has. */
  forgetNames(): void;
  /** Says goodbye and closes. */
  end(): Promise<void>;
  /** Cuts the connection. Whatever runs on it rejects. */
  destroy(): void;
  /** Called once, when the connection is gone. */
  onEnd(listener: (cause: Error | undefined) => void): void;
  onNotice(listener: (notice: { readonly severity: string; readonly code: string; readonly message: string }) => void): void;
  /** The returned function takes the listener off. */
  onNotification(listener: (notification: Notification) => void): () => void;
}

/** A connection in replication mode (PostgreSQL, Streaming Replication Protocol, 54.4): plain commands first, then one stream until it ends. */
export interface ReplicationConnection {
  /** The server's process behind it. */
  readonly processId: number;
  /** One command of the replication grammar, or one plain statement; its rows as texts. */
  command(text: string): Promise<Readonly<Record<string, string | null>>[]>;
  /** Begins to stream: resolves when the server agrees, and hands each message on as it comes. What `onData` throws ends the connection. */
  follow(text: string, onData: (message: Buffer) => void): Promise<void>;
  send(message: Buffer): void;
  /** Says goodbye; settles when the server has closed, and its temporary slot is gone. */
  end(): Promise<void>;
  /** Cuts the connection; its temporary slot goes when the server notices. */
  destroy(cause?: Error): void;
  /** Settles when the connection is gone, with what ended it. */
  readonly ended: Promise<Error | undefined>;
}

export interface Driver {
  /** `host:port/database`: never with user or password. */
  readonly address: string;
  /** One attempt, cut when `signal` aborts. Rejects with one of ours where trying again cannot help, else with what happened. */
  connect(limitMs: number, signal?: AbortSignal): Promise<Connection>;
  /** The same in replication mode; a driver that cannot leaves it out. */
  connectReplication?(limitMs: number, signal?: AbortSignal): Promise<ReplicationConnection>;
  /** A parameter's value as text, the way the driver would send it; null for null. */
  textOf(value: unknown): string | null;
}

export const isServerError = (error: unknown): error is ServerError =>
  error instanceof Error && 'severity' in error && typeof error.severity === 'string' && 'code' in error && typeof error.code === 'string';
