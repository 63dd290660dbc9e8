import { createHash } from 'node:crypto';
import { CacheKeyError } from '../errors.ts';

const deepest = 32;

/**
 * One text for one value, whatever the order of its properties: two values have the same text exactly when they are equal. Understood are what JSON knows,
 * and bigint, Date and undefined; a property that is undefined counts as absent, -0 as 0. Anything else, and a circle, is refused with `MILLRACE_CACHE_KEY`.
 */
export function canonicalText(value: unknown, depth = 0): string {
  if (depth > deepest) throw new CacheKeyError(`Parameters are nested deeper than ${deepest} levels, or in a circle`, 0);
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return String(value === 0 ? 0 : value);
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'bigint':
      return `${value}n`;
    case 'object':
      return objectText(value, depth);
    default:
      throw new CacheKeyError(`Parameters hold a ${typeof value}, which has no canonical text`, 0);
  }
}

function objectText(value: object | null, depth: number): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${Array.from(value, (item) => canonicalText(item, depth + 1)).join(',')}]`;
  if (value instanceof Date) return `d${value.getTime()}`;
  const { constructor: maker } = Object.getPrototypeOf(value) ?? { constructor: Object };
  if (maker !== Object) throw new CacheKeyError(`Parameters hold a ${String(maker?.name)}, which has no canonical text`, 0);
  const properties = Object.entries(value).filter(([, held]) => held !== undefined);
  properties.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${properties.map(([name, held]) => `${JSON.stringify(name)}:${canonicalText(held, depth + 1)}`).join(',')}}`;
}

/** 128 bits of SHA-256 over the canonical text, 32 hexadecimal digits: an attacker cannot make two parameter sets meet. */
export const paramsHash = (params: unknown): string => createHash('sha256').update(canonicalText(params)).digest('hex').slice(0, 32);
