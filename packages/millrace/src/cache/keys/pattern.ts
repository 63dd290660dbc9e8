import { checkedKey } from './id.ts';

/** Whether a key is meant. `prefix` is what every key that is meant begins with. */
export interface Matcher {
  readonly prefix: string;
  matches(key: string): boolean;
}

/**
 * Reads a pattern. `*` stands for any characters, none included; nothing else is special, and no regular expression is made of it.
 * Without a `*` it names a key and what lies below: `user:123` means `user:123` and `user:123:…`, never `user:1234`.
 *
 * With the pieces between the stars searched one after the other, matching takes time linear in the key for each piece.
 */
export function matcherOf(pattern: string): Matcher {
  const pieces = checkedKey(pattern).split('*');
  const [first = '', ...rest] = pieces;
  if (rest.length === 0) return { prefix: pattern, matches: (key) => isAtOrBelow(key, pattern) };
  const last = rest.pop() ?? '';
  return { prefix: first, matches: (key) => hasPieces(key, first, rest, last) };
}

/** `key` itself, or one with more parts. */
export const isAtOrBelow = (key: string, above: string): boolean =>
  key.startsWith(above) && (key.length === above.length || key.charCodeAt(above.length) === separator);

const separator = 58;

function hasPieces(key: string, first: string, middle: readonly string[], last: string): boolean {
  if (!key.startsWith(first)) return false;
  let at = first.length;
  for (const piece of middle) {
    const found = key.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return key.length - last.length >= at && key.endsWith(last);
}
