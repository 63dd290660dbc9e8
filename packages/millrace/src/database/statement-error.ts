import { isServerError, type ServerError } from './driver/index.ts';
import { ConnectionLostError, QueryError } from './errors.ts';
import { withMaskedLiterals } from './tracking/normalize.ts';

/** Serialization failure, deadlock, lock not available, too many connections, out of memory or disk for now. */
const retryableStates = new Set(['40001', '40P01', '55P03', '53000', '53200', '53300', '53400']);
/** Uniqueness, foreign key, exclusion: the request conflicts with what is there. */
const conflictStates = new Set(['23505', '23503', '23P01']);
const shownBefore = 40;
const shownAfter = 40;

/** What a caller gets for what a connection threw: SQL errors with their place in the text, lost connections with their reason. */
export function statementError(error: unknown, text: string): unknown {
  if (!isServerError(error)) return error;
  const { code } = error;
  if (code.startsWith('08') || code.startsWith('57P0')) return new ConnectionLostError(error.message, { cause: error, sqlState: code });
  return new QueryError(messageFor(error, text), error, retryableStates.has(code), conflictStates.has(code) ? 409 : 500);
}

/** The server's message, the place, and the text around it. Literals of the text and values in the message are masked: they may be secrets. */
function messageFor(error: ServerError, text: string): string {
  const position = Number(error.position ?? 0);
  const place = position > 0 ? `, at character ${position} of \`${excerpt(text, position - 1)}\`` : '';
  const hint = error.hint === undefined ? '' : `; ${error.hint}`;
  return `${withoutValues(error)}${place} (SQLSTATE ${error.code})${hint}`;
}

/** Messages of class 22 (data exceptions) quote the value they refuse, and that may be a parameter. */
const withoutValues = ({ code, message }: ServerError): string => (code.startsWith('22') ? message.replace(/"(?:[^"\\]|\\.)*"?/gs, '"…"') : message);

function excerpt(text: string, at: number): string {
  const masked = withMaskedLiterals(text);
  const from = Math.max(0, at - shownBefore);
  const to = Math.min(masked.length, at + shownAfter);
  const middle = masked.slice(from, to).replace(/\s+/g, ' ').trim();
  return `${from > 0 ? '…' : ''}${middle}${to < masked.length ? '…' : ''}`;
}

/** After an error of these kinds the connection is not used again: it is going away, or its server must not be written to any more. */
export const endsConnection = (error: unknown, wasInTransaction: boolean): boolean =>
  isServerError(error) && (/^(08|57P0)/.test(error.code) || (error.code === '25006' && !wasInTransaction));
