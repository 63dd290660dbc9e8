import { CacheKeyError } from '../errors.ts';

/** One part of an id. A number and its text are the same part: `42` and `'42'`. */
export type IdPart = string | number | bigint;

/** What an entity is known by: one value, or several that belong together (`[storeId, productId]`). */
export type EntityId = IdPart | readonly [IdPart, ...IdPart[]];

/** Longest key, in characters. */
export const longestKey = 1024;

const special = /[%:*]/;

/**
 * A part as it stands in a key. `%`, `:` and `*` are escaped, so that parts cannot be forged by separators inside them, and a lone surrogate too, as
 * all of them become one character in UTF-8. Two different parts never give the same text.
 */
export function escapePart(part: string): string {
  const escaped = special.test(part) ? part.replaceAll('%', '%25').replaceAll(':', '%3A').replaceAll('*', '%2A') : part;
  return escaped.isWellFormed() ? escaped : escaped.replace(/\p{Surrogate}/gu, (lone) => `%u${lone.charCodeAt(0).toString(16)}`);
}

/** The text of one part, unescaped. Throws `MILLRACE_CACHE_KEY` for what is no part. */
export function partText(part: IdPart): string {
  if (typeof part === 'string') return part;
  if (typeof part === 'bigint' || (typeof part === 'number' && Number.isFinite(part))) return String(part);
  throw new CacheKeyError(`A part of a key is ${typeof part === 'number' ? part : `of type ${typeof part}`}: write a text, a finite number or a bigint`, 0);
}

/** Parts joined into a key. */
export function joinKey(parts: readonly IdPart[]): string {
  const key = parts.map((part) => escapePart(partText(part))).join(':');
  return checkedKey(key);
}

/** The key itself, or `MILLRACE_CACHE_KEY` where it is empty or longer than 1,024 characters. */
export function checkedKey(key: string): string {
  if (typeof key === 'string' && key.length > 0 && key.length <= longestKey) return key;
  throw new CacheKeyError(`A key has ${String(key).length} characters: write 1 to ${longestKey}`, String(key).length);
}

/** How a single id is kept in an index: a whole number as a number, whether it came as one or as its text; anything else as text. */
export function indexOf(part: IdPart): string | number {
  if (typeof part === 'number' && Number.isSafeInteger(part)) return part;
  const text = partText(part);
  return wholeNumber(text) ?? text;
}

const longestNumber = 16;

/** The safe whole number that `text` is the only way to write, or undefined. */
function wholeNumber(text: string): number | undefined {
  if (text.length === 0 || text.length > longestNumber) return undefined;
  const first = text.charCodeAt(0);
  if (first !== 45 && (first < 48 || first > 57)) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) && String(number) === text ? number : undefined;
}
