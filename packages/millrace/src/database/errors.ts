import { type ErrorCatalogue, MillraceError } from '../kernel/index.ts';
import type { ServerError } from './driver/port.ts';
import { embeddedErrors } from './embedded/errors.ts';
import { migrationErrors } from './migrations/errors.ts';

/** Every connection is in use and none came free within the limit, or the queue is full. Names who holds them. */
export class PoolBusyError extends MillraceError {
  override readonly name = 'PoolBusyError';
  readonly code = 'MILLRACE_POOL_BUSY';
  override readonly retryable = true;
  override readonly status = 503;
  readonly limitMs: number;
  readonly inUse: number;
  readonly maxConnections: number;
  readonly waiting: number;
  /** Who holds the connections: operation, how many, longest ms; the longest first, five at most. */
  readonly holders: readonly Holder[];
  constructor(limitMs: number, inUse: number, maxConnections: number, waiting: number, holders: readonly Holder[]) {
    super(`No free connection within ${Math.round(limitMs)} ms: ${inUse} of ${maxConnections} in use, ${waiting} callers waiting${holdersText(holders)}`);
    this.limitMs = limitMs;
    this.inUse = inUse;
    this.maxConnections = maxConnections;
    this.waiting = waiting;
    this.holders = holders;
  }
}

/** Connections held by one operation. */
export interface Holder {
  readonly operation: string;
  readonly connections: number;
  readonly longestMs: number;
  /** Whether one of them is inside a transaction and runs no statement: it waits for the program, not for the server. */
  readonly isIdleInTransaction: boolean;
}

const holdersText = (holders: readonly Holder[]): string =>
  holders.length === 0
    ? ''
    : `. Held by ${holders
        .map(({ operation, connections, longestMs, isIdleInTransaction }) => {
          const idle = isIdleInTransaction ? ', in transaction, idle' : '';
          return `${operation} (${connections}, longest ${Math.round(longestMs)} ms${idle})`;
        })
        .join(', ')}`;

/** The server cannot be reached, or takes no more connections now. */
export class DatabaseUnavailableError extends MillraceError {
  override readonly name = 'DatabaseUnavailableError';
  readonly code = 'MILLRACE_UNAVAILABLE';
  override readonly retryable = true;
  override readonly status = 503;
  readonly address: string;
  readonly attempts: number;
  readonly tookMs: number;
  constructor(address: string, why: string, attempts: number, tookMs: number, options?: ErrorOptions) {
    super(`PostgreSQL at ${address} is not available (${why}), ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'} in ${Math.round(tookMs)} ms`, options);
    this.address = address;
    this.attempts = attempts;
    this.tookMs = tookMs;
  }
}

/** The server is there and says no: wrong password, no such database. Trying again changes nothing. */
export class DatabaseRefusedError extends MillraceError {
  override readonly name = 'DatabaseRefusedError';
  readonly code = 'MILLRACE_DATABASE_REFUSED';
  override readonly status = 503;
  readonly address: string;
  readonly sqlState: string;
  constructor(address: string, why: string, sqlState: string, options?: ErrorOptions) {
    super(`PostgreSQL at ${address} refused the connection: ${why}${sqlState === '' ? '' : ` (SQLSTATE ${sqlState})`}`, options);
    this.address = address;
    this.sqlState = sqlState;
  }
}

/** No connection that can be trusted: no TLS, or a certificate that does not verify. Nothing secret was sent. */
export class TlsError extends MillraceError {
  override readonly name = 'TlsError';
  readonly code = 'MILLRACE_TLS';
  override readonly status = 503;
  readonly address: string;
  constructor(address: string, why: string, options?: ErrorOptions) {
    super(`The connection to PostgreSQL at ${address} cannot be trusted: ${why}`, options);
    this.address = address;
  }
}

/** The connection ended while a statement ran. Whether the statement took effect is not known, unless `retryable` says that nothing was written. */
export class ConnectionLostError extends MillraceError {
  override readonly name = 'ConnectionLostError';
  readonly code = 'MILLRACE_CONNECTION_LOST';
  override readonly retryable: boolean;
  override readonly status = 503;
  readonly sqlState: string;
  constructor(why: string, options?: ErrorOptions & { readonly sqlState?: string | undefined; readonly retryable?: boolean | undefined }) {
    super(`The connection to PostgreSQL was lost: ${why}`, options);
    this.sqlState = options?.sqlState ?? '';
    this.retryable = options?.retryable ?? false;
  }
}

/** The server sent a message that has no place in the conversation. The connection was destroyed, no row was handed out. */
export class ProtocolError extends MillraceError {
  override readonly name = 'ProtocolError';
  readonly code = 'MILLRACE_PROTOCOL';
  override readonly status = 503;
  constructor(found: string, expected: string, options?: ErrorOptions) {
    super(`PostgreSQL sent ${found} where ${expected} was expected; the connection was destroyed`, options);
  }
}

/** PostgreSQL refused a statement. `sqlState` tells what kind it is (23505 unique_violation, 40001 serialization_failure, …). */
export class QueryError extends MillraceError {
  override readonly name = 'QueryError';
  readonly code = 'MILLRACE_QUERY';
  override readonly retryable: boolean;
  override readonly status: number;
  /** Five characters, PostgreSQL appendix A. */
  readonly sqlState: string;
  /** 1-based character in the statement, or 0. */
  readonly position: number;
  readonly constraint: string;
  readonly table: string;
  readonly column: string;
  constructor(message: string, server: ServerError, retryable: boolean, status: number) {
    super(message, { cause: server });
    this.retryable = retryable;
    this.status = status;
    this.sqlState = server.code;
    this.position = Number(server.position ?? 0);
    this.constraint = server.constraint ?? '';
    this.table = server.table ?? '';
    this.column = server.column ?? '';
  }
}

/** Refused before anything was sent: PostgreSQL cannot take so many parameters, or so much. */
export class ParametersError extends MillraceError {
  override readonly name = 'ParametersError';
  readonly code = 'MILLRACE_PARAMETERS';
  readonly found: number;
  readonly limit: number;
  constructor(what: string, found: number, limit: number) {
    super(`The statement has ${found} ${what}; PostgreSQL takes ${limit} at most. Nothing was sent`);
    this.found = found;
    this.limit = limit;
  }
}

/** The connection died while COMMIT ran and nobody can say whether it took effect. */
export class CommitUnknownError extends MillraceError {
  override readonly name = 'CommitUnknownError';
  readonly code = 'MILLRACE_COMMIT_UNKNOWN';
  override readonly status = 503;
  /** The transaction's id, for `pg_xact_status`; empty where it was not learnt. */
  readonly transactionId: string;
  constructor(transactionId: string, why: string, options?: ErrorOptions) {
    const named = transactionId === '' ? 'the transaction' : `transaction ${transactionId}`;
    super(`The connection was lost while ${named} committed, and its outcome is unknown: ${why}`, options);
    this.transactionId = transactionId;
  }
}

/** A transaction or a lent connection used in a way that cannot work: after its end, or committed after a statement in it had failed. */
export class TransactionError extends MillraceError {
  override readonly name = 'TransactionError';
  readonly code = 'MILLRACE_TRANSACTION';
}

/** A lent connection given back twice, or used after it was given back. */
export class ReleasedError extends MillraceError {
  override readonly name = 'ReleasedError';
  readonly code = 'MILLRACE_RELEASED';
  readonly operation: string;
  constructor(operation: string, verb: 'used' | 'released again') {
    super(`The connection lent to ${operation} was ${verb} after its release`);
    this.operation = operation;
  }
}

/** The optional peer `pg` is not installed. */
export class DriverMissingError extends MillraceError {
  override readonly name = 'DriverMissingError';
  readonly code = 'MILLRACE_NO_DRIVER';
  constructor(options?: ErrorOptions) {
    super('The package "pg" (8.23 or newer) is not installed: npm install pg', options);
  }
}

/** What goes wrong at the database seam, for the docs and for those who explain errors. */
export const databaseErrors: ErrorCatalogue = {
  ...migrationErrors,
  ...embeddedErrors,
  MILLRACE_POOL_BUSY: {
    title: 'No connection came free in time',
    why: 'All connections were in use for the whole wait, or too many callers already waited.',
    do: 'The message names who holds them: end those transactions before calling out, or raise pool.maxConnections if the server has room.',
    retryable: true,
    status: 503,
  },
  MILLRACE_UNAVAILABLE: {
    title: 'The database is not available',
    why: 'Nobody listens at the address, the network does not carry, or the server takes no connections now.',
    do: 'Check that the server is up and that host and port are right; the pool tries again by itself.',
    retryable: true,
    status: 503,
  },
  MILLRACE_DATABASE_REFUSED: {
    title: 'The database refused the login',
    why: 'User, password, database name or the server’s pg_hba.conf do not allow the connection.',
    do: 'Correct the connection URL; the message has the server’s own words.',
    retryable: false,
    status: 503,
  },
  MILLRACE_TLS: {
    title: 'The connection cannot be trusted',
    why: 'The server offers no TLS, or its certificate does not verify for that host name.',
    do: 'Name the authority with sslrootcert, correct the host name, or write sslmode=disable on a network you trust.',
    retryable: false,
    status: 503,
  },
  MILLRACE_CONNECTION_LOST: {
    title: 'The connection was lost',
    why: 'The server ended, was restarted, or the network cut the connection while a statement ran.',
    do: 'Repeat what may be repeated; a write may have taken effect.',
    retryable: false,
    status: 503,
  },
  MILLRACE_PROTOCOL: {
    title: 'The server is out of step',
    why: 'A message came that belongs to no statement of this connection: usually a broken proxy in between.',
    do: 'Look at what stands between the program and PostgreSQL.',
    retryable: false,
    status: 503,
  },
  MILLRACE_QUERY: {
    title: 'PostgreSQL refused the statement',
    why: 'A mistake in the statement, a constraint, a conflict with another transaction.',
    do: 'Read sqlState: 23… is a constraint, 40001 and 40P01 may be tried again, 42… is the statement itself.',
    retryable: false,
    status: 500,
  },
  MILLRACE_PARAMETERS: {
    title: 'Too many parameters',
    why: 'The protocol counts parameters in 16 bits, and a message ends at 1 GiB.',
    do: 'Pass a list as one array parameter (= any($1)), or use insertMany.',
    retryable: false,
    status: 500,
  },
  MILLRACE_COMMIT_UNKNOWN: {
    title: 'Nobody knows whether the commit happened',
    why: 'The connection died between COMMIT and its answer, and the server could not be asked afterwards.',
    do: 'Look at the data, or ask pg_xact_status with the transaction id of the message; do not just repeat it.',
    retryable: false,
    status: 503,
  },
  MILLRACE_TRANSACTION: {
    title: 'The transaction cannot go on',
    why: 'It has ended, or a statement in it failed and the failure was swallowed.',
    do: 'Let errors of statements leave the callback, or run what may fail in a nested transaction.',
    retryable: false,
    status: 500,
  },
  MILLRACE_RELEASED: {
    title: 'A connection was used after its release',
    why: 'The code kept a lent connection beyond release().',
    do: 'Release once, at the end, in finally; withTransaction does it for you.',
    retryable: false,
    status: 500,
  },
  MILLRACE_BATCH: {
    title: 'A batch cannot be written',
    why: 'The table or one of the columns does not exist, or is not visible on the search_path.',
    do: 'Write the table as schema.table; the message lists the columns it has.',
    retryable: false,
    status: 500,
  },
  MILLRACE_NO_DRIVER: {
    title: 'The PostgreSQL driver is not installed',
    why: 'pg is an optional peer of this package.',
    do: 'Install it beside Millrace: npm install pg.',
    retryable: false,
    status: 500,
  },
};
