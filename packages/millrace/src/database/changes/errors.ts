import { type ErrorCatalogue, MillraceError } from '../../kernel/index.ts';
import { changesErrors as decodeErrors } from './pgoutput/index.ts';

/** A mapping asked a changed row for a column that the stream does not carry. */
export class ColumnUnknownError extends MillraceError {
  override readonly name = 'ColumnUnknownError';
  readonly code = 'MILLRACE_CHANGES_COLUMN';
  constructor(table: string, column: string) {
    super(`The change stream of ${table} does not carry the column ${JSON.stringify(column)} of this row`);
  }
}

/** Nothing was heard of the stream, although the server is asked every second. */
export class StreamSilentError extends MillraceError {
  override readonly name = 'StreamSilentError';
  readonly code = 'MILLRACE_CHANGES_SILENT';
  override readonly retryable = true;
  constructor(silentMs: number) {
    super(`The change stream was silent for ${Math.round(silentMs)} ms`);
  }
}

/** More transactions than are remembered were decoded and are not visible yet. */
export class ChangesCrowdedError extends MillraceError {
  override readonly name = 'ChangesCrowdedError';
  readonly code = 'MILLRACE_CHANGES_CROWDED';
  override readonly retryable = true;
  constructor(limit: number) {
    super(`More than ${limit} transactions of the change stream are not visible yet`);
  }
}

export const changesErrors: ErrorCatalogue = {
  ...decodeErrors,
  MILLRACE_CHANGES_COLUMN: {
    title: 'A column is not in the change stream',
    why: 'A mapping of an entity reads a column that does not identify the row, and of an old row only its identity is known.',
    do: 'Nothing for correctness: the whole entity is dropped instead of one entry. To be exact, set a replica identity index that covers the column.',
    retryable: false,
    status: 500,
  },
  MILLRACE_CHANGES_CROWDED: {
    title: 'Too many changes wait to become visible',
    why: 'Commits are in the log and not visible to other sessions yet: usually a synchronous standby does not answer, or the server is overloaded.',
    do: 'Nothing: the reader begins anew, and what depends on the tables is dropped once it follows again. See to the standby if it comes back.',
    retryable: true,
    status: 503,
  },
  MILLRACE_CHANGES_SILENT: {
    title: 'The change stream is silent',
    why: 'The server answered no heartbeat for five seconds: a broken network, a frozen server, or this process stood still.',
    do: 'Nothing: the reader connects anew, and what depends on the tables is dropped once it follows again.',
    retryable: true,
    status: 503,
  },
};
