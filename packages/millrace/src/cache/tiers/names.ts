import { longestKey } from '../keys/index.ts';

/*
 * Keys and tags as a store of UTF-8 texts can hold them. NUL (PostgreSQL has none), lone surrogates (all of them become one character in UTF-8) and the
 * last code point (it marks the end of a range here) are written as `\u0001` and six digits, `\u0001` itself too. Character by character, and no
 * code begins like another: two names never meet, and what a key begins with, its name begins with.
 */

const escapeMark = '\u0001';
const lastCodePoint = '\u{10ffff}';

/** The name of a key or a tag. */
export function nameOf(text: string): string {
  if (text.isWellFormed() && !text.includes('\u0000') && !text.includes(escapeMark) && !text.includes(lastCodePoint)) return text;
  return Array.from(text, written).join('');
}

/** The same for a pattern. One that cannot be written exactly becomes `*`: it drops more, never less. */
export function patternNameOf(pattern: string): string {
  const name = nameOf(pattern);
  return pattern.isWellFormed() && name.length <= longestKey ? name : '*';
}

/** Above every name that begins with `prefix`. */
export const endOf = (prefix: string): string => prefix + lastCodePoint;

const written = (character: string): string =>
  character === '\u0000' || character === escapeMark || character === lastCodePoint || !character.isWellFormed()
    ? escapeMark + (character.codePointAt(0) as number).toString(16).padStart(6, '0')
    : character;
