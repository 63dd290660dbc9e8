import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeEnvelope, decodeValue, encodeEnvelope, encodeValue } from './index.ts';

const back = (value: unknown): unknown => decodeValue(encodeValue(value));

it('C2 every plain value comes back exactly as it was', () => {
  const values = [null, 0, -0, false, '', Number.NaN, Number.POSITIVE_INFINITY, undefined, 12345678901234567890n, new Date(0), new Date(Number.NaN)];
  for (const value of values) expect(back(value)).toStrictEqual(value);
  const nested = {
    map: new Map<unknown, unknown>([[{ a: 1 }, new Set([1, 2n])]]),
    bytes: new Uint8Array([0, 255]),
    list: [undefined, { $: ['d', 1] }, { $: 1 }],
  };
  expect(back(nested)).toStrictEqual(nested);
});

it('C2 any object comes back, whatever its keys are called', () => {
  fc.assert(
    fc.property(
      fc.object({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withNullPrototype: false,
        key: fc.oneof(fc.string(), fc.constantFrom('$', '__proto__', 'constructor', 'toString')),
      }),
      (value) => {
        expect(back(value)).toEqual(value);
      },
    ),
    { numRuns: 500 },
  );
});

it('X4 names that reach a prototype stay data, whoever wrote them', () => {
  const text = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
  const value = decodeValue(text) as Record<string, unknown>;
  expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

it('C2 what cannot leave the process says why', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = { circle };
  let deep: unknown = 1;
  for (let level = 0; level < 201; level++) deep = [deep];
  const cases: [unknown, RegExp][] = [
    [() => 1, /a function/],
    [Symbol('x'), /a symbol/],
    [circle, /holds itself/],
    [new (class Account {})(), /instance of Account/],
    [deep, /200 levels/],
  ];
  for (const [value, why] of cases) expect(() => encodeValue(value)).toThrow(why);
  const shared = { a: 1 };
  expect(back([shared, shared])).toEqual([shared, shared]);
});

const envelope = {
  value: { id: 42, at: new Date(5) },
  storedAtMs: 1,
  freshUntilMs: 2,
  staleForMs: 3,
  graceMs: Number.POSITIVE_INFINITY,
  tags: ['category:7'],
  version: 'v2',
  confidence: 0.9,
};

it('C1 an entry comes back whole, with its own absence and its limits', () => {
  expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual({ ...envelope, graceMs: 3_155_760_000_000 });
  expect(decodeEnvelope(encodeEnvelope({ ...envelope, value: undefined, confidence: undefined }))).toMatchObject({ value: undefined, confidence: undefined });
});

it("X4 one flipped bit, a cut, or a stranger's text is a miss, never a value and never a failure", () => {
  const text = Buffer.from(encodeEnvelope(envelope));
  let flipped = 0;
  for (let bit = 0; bit < text.length * 8; bit++) {
    const changed = Buffer.from(text);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    if (decodeEnvelope(changed.toString()) === undefined) flipped++;
  }
  expect(flipped).toBe(text.length * 8);
  for (let length = 0; length < text.length; length++) expect(decodeEnvelope(text.subarray(0, length).toString())).toBeUndefined();
  fc.assert(fc.property(fc.string(), (stranger) => decodeEnvelope(stranger) === undefined && decodeEnvelope(`1${stranger}`) === undefined));
});

it('X4 texts that were made to break a reader are refused by name', () => {
  const hostile = [
    '{"$":["x",1]}',
    '{"$":["d","1"]}',
    '{"$":["b","1e9"]}',
    '{"$":["m",1]}',
    '{"$":["m",[1]]}',
    '{"$":["s",{}]}',
    '{"$":["y",5]}',
    '{"$":["n","7"]}',
    '{"$":["__proto__",1]}',
    '{"$":1}',
    '[',
    '',
  ];
  for (const text of hostile) expect(() => decodeValue(text), text).toThrow(expect.objectContaining({ code: 'MILLRACE_CACHE_VALUE' }));
  expect(() => decodeValue('['.repeat(10_000) + ']'.repeat(10_000))).toThrow(/too deep/);
});
