import { createHmac, timingSafeEqual } from 'node:crypto';
import { type WrongField, WrongInputError } from '../../domain/errors.ts';
import type { Position } from '../../domain/pages.ts';

/** Turns a position into an opaque text that only this service can make, and back. */
export interface Cursors {
  /** `scope` is the query the cursor belongs to: it is signed with it, so a cursor of one query is none of another. */
  sign(scope: string, position: Position): string;
  /** Throws `WrongInputError` for whatever `sign` did not make for that scope. */
  read(scope: string, cursor: string): Position;
}

const signatureBytes = 16;
const longest = 1024;
const wrong: WrongField = { in: 'query', field: 'cursor', message: 'is not a cursor of this query: take it unchanged from the page before' };

/** Cursors signed with HMAC-SHA256 under `key` (16 bytes at least; the same on every instance). */
export function signedCursors(key: string | Uint8Array): Cursors {
  if (Buffer.byteLength(key) < 16) throw new RangeError(`The cursor key has ${Buffer.byteLength(key)} bytes; it needs 16 at least`);
  const signatureOf = (scope: string, payload: string): string =>
    createHmac('sha256', key).update(`${scope.length}:${scope}${payload}`).digest().subarray(0, signatureBytes).toString('base64url');
  return {
    sign(scope, position) {
      const payload = Buffer.from(JSON.stringify(position)).toString('base64url');
      return `${payload}.${signatureOf(scope, payload)}`;
    },
    read(scope, cursor) {
      const [payload = '', signature = '', ...rest] = cursor.length > longest ? [] : cursor.split('.');
      if (rest.length > 0 || !isSameText(signature, signatureOf(scope, payload))) throw new WrongInputError([wrong]);
      return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Position;
    },
  };
}

/** Compared as text: as bytes, several spellings of the last character would be one signature. */
function isSameText(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
