import { CodecError } from './errors.ts';

/*
 * Values as JSON, and back exactly as they were. What JSON cannot say is written as an object with the one key `$`, whose value is a pair of
 * a letter of a closed list and the content; an object of the user's that has `$` as its only key is wrapped likewise, so nothing is
 * mistaken. Keys such as `__proto__` stay data: nothing is ever assigned, everything is defined.
 *
 *   d Date (ms)   b bigint (digits)   m Map (pairs)   s Set (members)   y bytes (base64)   n NaN, Infinity, -Infinity, -0   u undefined   o an object with `$`
 */

const deepest = 200;
const mark = '$';
/** A text without it holds no mark: inside a longer string its quotes would be escaped. */
const markText = '"$"';

/** The text of a value. @throws MILLRACE_CACHE_VALUE for functions, symbols, class instances, circles, and more than 200 levels */
export function encodeValue(value: unknown): string {
  return JSON.stringify(isJson(value, 0) ? value : plain(value, 0, new Set()));
}

/** The value of a text. @throws MILLRACE_CACHE_VALUE where it is none of ours. Never runs code, never touches a prototype. */
export function decodeValue(text: string): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new CodecError('it is not JSON', { cause });
  }
  return text.includes(markText) || mayBeDeep(text) ? revived(parsed, 0) : parsed;
}

/** Whether JSON says this value as it is: then nothing is copied. False where in doubt, and for what is deep, so that circles end. */
function isJson(value: unknown, depth: number): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || depth >= deepest) return false;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) if (!isJson(value[at], depth + 1)) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const keys = Object.keys(value);
  if (keys.length === 1 && keys[0] === mark) return false;
  for (const key of keys) if (!isJson((value as Record<string, unknown>)[key], depth + 1)) return false;
  return true;
}

/** Fewer brackets than levels that are allowed: nothing in it can be too deep, and it need not be walked. */
function mayBeDeep(text: string): boolean {
  let left = 2 * deepest;
  for (const bracket of ['{', '[']) for (let at = text.indexOf(bracket); at >= 0 && left > 0; at = text.indexOf(bracket, at + 1)) left--;
  return left <= 0;
}

function plain(value: unknown, depth: number, above: Set<object>): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? value : tagged('n', Object.is(value, -0) ? '-0' : String(value));
    case 'bigint':
      return tagged('b', value.toString());
    case 'undefined':
      return tagged('u', 0);
    case 'object':
      return value === null ? null : nested(value, depth, above);
    default:
      throw new CodecError(`it holds a ${typeof value}`);
  }
}

function nested(value: object, depth: number, above: Set<object>): unknown {
  if (depth >= deepest) throw new CodecError(`it is more than ${deepest} levels deep`);
  if (above.has(value)) throw new CodecError('it holds itself');
  above.add(value);
  const inner = (one: unknown): unknown => plain(one, depth + 1, above);
  const result = container(value, inner);
  above.delete(value);
  return result;
}

function container(value: object, inner: (one: unknown) => unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, inner);
  if (value instanceof Date) return tagged('d', Number.isNaN(value.getTime()) ? null : value.getTime());
  if (value instanceof Map)
    return tagged(
      'm',
      Array.from(value, ([key, one]) => [inner(key), inner(one)]),
    );
  if (value instanceof Set) return tagged('s', Array.from(value, inner));
  if (value instanceof Uint8Array) return tagged('y', Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new CodecError(`it holds an instance of ${value.constructor?.name ?? 'a class'}`);
  const entries = Object.entries(value).map(([key, one]) => [key, inner(one)] as const);
  const object = defined(entries);
  return entries.length === 1 && entries[0]?.[0] === mark ? tagged('o', entries[0][1]) : object;
}

const tagged = (letter: string, content: unknown): unknown => ({ [mark]: [letter, content] });

/** An object with exactly these properties of its own, whatever they are called. */
function defined(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries);
}

function revived(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 2 * deepest) throw new CodecError('it is too deep');
  if (Array.isArray(value)) return value.map((one) => revived(one, depth + 1));
  const entries = Object.entries(value);
  if (entries.length === 1 && entries[0]?.[0] === mark) return special(entries[0][1], depth);
  return defined(entries.map(([key, one]) => [key, revived(one, depth + 1)]));
}

function special(pair: unknown, depth: number): unknown {
  if (!Array.isArray(pair) || pair.length !== 2) throw new CodecError('a mark without its pair');
  const [letter, content] = pair as [unknown, unknown];
  const read = typeof letter === 'string' && Object.hasOwn(readers, letter) ? readers[letter] : undefined;
  if (!read) throw new CodecError('a mark with an unknown letter');
  return read(content, (one) => revived(one, depth + 1));
}

type Reader = (content: unknown, inner: (one: unknown) => unknown) => unknown;

const list = (content: unknown): readonly unknown[] => {
  if (!Array.isArray(content)) throw new CodecError('a list is missing');
  return content;
};

const digits = /^-?\d{1,10000}$/;
const numbers: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, '-Infinity': Number.NEGATIVE_INFINITY, '-0': -0 };

const readers: Readonly<Record<string, Reader>> = {
  d: (content) => {
    if (content !== null && typeof content !== 'number') throw new CodecError('a date that is none');
    return new Date(content ?? Number.NaN);
  },
  b: (content) => {
    if (typeof content !== 'string' || !digits.test(content)) throw new CodecError('a bigint that is none');
    return BigInt(content);
  },
  m: (content, inner) =>
    new Map(
      list(content).map((pair) => {
        const [key, value] = list(pair);
        return [inner(key), inner(value)];
      }),
    ),
  s: (content, inner) => new Set(list(content).map(inner)),
  y: (content) => {
    if (typeof content !== 'string') throw new CodecError('bytes that are none');
    return new Uint8Array(Buffer.from(content, 'base64'));
  },
  n: (content) => {
    if (typeof content !== 'string' || !Object.hasOwn(numbers, content)) throw new CodecError('a number that is none');
    return numbers[content];
  },
  u: () => undefined,
  o: (content, inner) => defined([[mark, inner(content)]]),
};
