import fc from 'fast-check';
import { expect, it } from 'vitest';
import { aggregationKey, analysisKey, canonicalText, checkedKey, externalApiKey, type IdPart, indexOf, joinKey, key, matcherOf, userKey } from './index.ts';

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('', ':', '%', '*', '%3A', '%25', '\ud800', '\udfff', '__proto__', '%ud800', '1', '01', '-0'),
);
const part: fc.Arbitrary<IdPart> = fc.oneof(nasty, fc.integer(), fc.bigInt());
const parts = fc.array(part, { minLength: 1, maxLength: 4 });
const sameParts = (a: readonly IdPart[], b: readonly IdPart[]): boolean => a.length === b.length && a.every((one, at) => String(one) === String(b[at]));

it('C10 X4 two lists of parts make one key only when they are the same parts', () => {
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const [left, right] = [Buffer.from(joinKey(['k', ...a])).toString('latin1'), Buffer.from(joinKey(['k', ...b])).toString('latin1')];
      return (left === right) === sameParts(a, b);
    }),
    { numRuns: 100_000 },
  );
});

it('C10 X4 parts that are glued, cut elsewhere or hidden in an escape stay other parts', () => {
  const utf8 = (list: readonly IdPart[]): string => Buffer.from(joinKey(['k', ...list])).toString('hex');
  const glue = fc.constantFrom(':', '%3A', '%', '*', '%2A', '');
  fc.assert(
    fc.property(fc.array(nasty, { minLength: 2, maxLength: 4 }), glue, fc.nat(2), (list, between, at) => {
      const cut = Math.min(at, list.length - 2);
      const glued = [...list.slice(0, cut), `${list[cut]}${between}${list[cut + 1]}`, ...list.slice(cut + 2)];
      return utf8(list) !== utf8(glued);
    }),
    { numRuns: 20_000 },
  );
  expect(new Set(['\ud800', '\udfff', '\ufffd', '%ud800', '%25ud800'].map((one) => utf8([one]))).size).toBe(5);
});

it('C10 X4 separators inside a part move nothing into the next part, in any of the four shapes', () => {
  expect(userKey('1:admin', 'x')).toBe('user:1%3Aadmin:x');
  expect(userKey('1', 'admin:x')).not.toBe(userKey('1:admin', 'x'));
  expect(analysisKey('a', 'b:c')).not.toBe(analysisKey('a:b', 'c'));
  expect(aggregationKey('a', 'b:c', 0)).not.toBe(aggregationKey('a:b', 'c', 0));
  expect(externalApiKey('a', 'b:c', {})).not.toBe(externalApiKey('a:b', 'c', {}));
  expect(key('%3A')).not.toBe(key(':'));
});

it('C10 the four shapes read as the sources write them', () => {
  expect(analysisKey('uniswap', 'full')).toBe('analysis:uniswap:full');
  expect(userKey(42, 'balance')).toBe('user:42:balance');
  expect(externalApiKey('coingecko', 'price', { ids: 'btc' })).toMatch(/^external:coingecko:price:[0-9a-f]{32}$/);
  expect(aggregationKey('volume', '1h', 1_700_000_000_000)).toBe('agg:volume:1h:5666666');
});

it('C10 a bucket holds exactly five minutes', () => {
  const at = (ms: number): string => aggregationKey('volume', '1h', ms);
  expect(at(300_000)).toBe(at(599_999));
  expect(at(299_999)).not.toBe(at(300_000));
});

it('C10 the hash of parameters does not depend on the order of their properties, and on nothing else', () => {
  const value = fc.object({ maxDepth: 3, values: [fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.double({ noNaN: true })] });
  const turned = (given: unknown): unknown => {
    if (Array.isArray(given)) return given.map(turned);
    if (typeof given !== 'object' || given === null) return given;
    return Object.fromEntries(
      Object.entries(given)
        .reverse()
        .map(([name, held]) => [name, turned(held)]),
    );
  };
  fc.assert(fc.property(value, (given) => externalApiKey('s', 'e', given) === externalApiKey('s', 'e', turned(given))));
  expect(canonicalText({ a: 1, b: undefined })).toBe(canonicalText({ a: 1 }));
  const apart = [1, '1', 1n, true, 'true', null, 'null', [], {}, [1], { 0: 1 }, new Date(1), [[1], 2], [1, [2]], { a: { b: 1 } }, { a: 1, b: 1 }];
  expect(new Set(apart.map((one) => canonicalText(one))).size).toBe(apart.length);
});

it('X4 parameters may hold __proto__, and not what has no canonical text', () => {
  const hostile = JSON.parse('{"__proto__":{"polluted":1}}');
  expect(canonicalText(hostile)).toBe('{"__proto__":{"polluted":1}}');
  expect(canonicalText(hostile)).not.toBe(canonicalText({}));
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  for (const bad of [circle, () => 1, Symbol('x'), new Map(), { deep: new Set() }]) {
    expect(() => canonicalText(bad)).toThrow(expect.objectContaining({ code: 'MILLRACE_CACHE_KEY' }));
  }
});

it('C10 a whole number and its text are one id, and nothing else is', () => {
  expect([indexOf(42), indexOf('42'), indexOf(42n)]).toEqual([42, 42, 42]);
  for (const text of ['042', '42.0', '+42', ' 42', '4e1', '-0', '9007199254740993', '0x2a', '']) expect(indexOf(text)).toBe(text);
  fc.assert(
    fc.property(part, part, (a, b) => (indexOf(a) === indexOf(b)) === (String(a) === String(b))),
    { numRuns: 20_000 },
  );
});

it('X4 keys have 1 to 1,024 characters, and parts are texts, finite numbers or bigints', () => {
  expect(checkedKey('k'.repeat(1024))).toHaveLength(1024);
  for (const bad of [
    () => checkedKey('k'.repeat(1025)),
    () => checkedKey(''),
    () => key(Number.NaN),
    () => key(Number.POSITIVE_INFINITY),
    () => key({} as never),
  ]) {
    expect(bad).toThrow(expect.objectContaining({ code: 'MILLRACE_CACHE_KEY' }));
  }
});

it('C7 user:123 means itself and what lies below it, never user:1234', () => {
  const { matches } = matcherOf('user:123');
  expect(['user:123', 'user:123:balance', 'user:1234', 'user:12', 'auser:123'].map(matches)).toEqual([true, true, false, false, false]);
});

it('C7 X4 a star stands for any characters, and is all there is to a pattern', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ':', '.', '(', '+', '*'), maxLength: 8 });
  const slow = (pattern: string, given: string): boolean => {
    if (pattern === '') return given === '';
    if (pattern[0] !== '*') return given[0] === pattern[0] && given !== '' && slow(pattern.slice(1), given.slice(1));
    return slow(pattern.slice(1), given) || (given !== '' && slow(pattern, given.slice(1)));
  };
  fc.assert(
    fc.property(text, text, (pattern, given) => {
      fc.pre(pattern.includes('*'));
      return matcherOf(pattern).matches(given) === slow(pattern, given);
    }),
    { numRuns: 20_000 },
  );
});
