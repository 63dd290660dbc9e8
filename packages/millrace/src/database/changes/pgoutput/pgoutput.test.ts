import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type CommittedTransaction, fullXid, PgoutputDecoder } from './index.ts';

const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
};
const text = (value: string): Buffer => Buffer.from(value);
const cString = (value: string): Buffer => Buffer.from(`${value}\0`);
const message = (kind: string, ...parts: Buffer[]): Buffer => Buffer.concat([text(kind), ...parts]);
const tuple = (...values: (string | null | undefined)[]): Buffer =>
  Buffer.concat([
    int16(values.length),
    ...values.map((value) =>
      value === undefined ? text('u') : value === null ? text('n') : Buffer.concat([text('t'), int32(Buffer.byteLength(value)), text(value)]),
    ),
  ]);

const begin = (xid: number) => message('B', int64(1n), int64(2n), int32(xid));
const commit = message('C', Buffer.alloc(1), int64(100n), int64(120n), int64(86_400_000_000n));
const products = message(
  'R',
  int32(77),
  cString('shop'),
  cString('products'),
  text('d'),
  int16(2),
  text('\x01'),
  cString('id'),
  int32(23),
  int32(0),
  text('\0'),
  cString('__proto__'),
  int32(25),
  int32(0),
);

const run = (messages: readonly Buffer[], mostRows?: number): CommittedTransaction[] => {
  const decoder = new PgoutputDecoder({ mostRows });
  return messages.flatMap((one) => decoder.decode(one) ?? []);
};

it('C8 a transaction comes out whole at its commit, with keys and old values', () => {
  const [transaction] = run([
    begin(4711),
    products,
    message('I', int32(77), text('N'), tuple('1', 'tea')),
    message('U', int32(77), text('N'), tuple('2', undefined)),
    message('U', int32(77), text('O'), tuple('3', 'old'), text('N'), tuple('3', null)),
    message('D', int32(77), text('K'), tuple('4', null)),
    commit,
  ]);
  expect(transaction).toMatchObject({ xid: 4711, commitLsn: 100n, endLsn: 120n, committedMs: Date.UTC(2000, 0, 2) });
  const [change] = transaction?.changes ?? [];
  expect([change?.schema, change?.table, change?.identity]).toEqual(['shop', 'products', ['id']]);
  expect(change?.rows?.map(({ kind, before, after }) => [kind, before && Object.entries(before), after && Object.entries(after)])).toEqual([
    [
      'insert',
      undefined,
      [
        ['id', '1'],
        ['__proto__', 'tea'],
      ],
    ],
    ['update', undefined, [['id', '2']]],
    [
      'update',
      [
        ['id', '3'],
        ['__proto__', 'old'],
      ],
      [
        ['id', '3'],
        ['__proto__', null],
      ],
    ],
    ['delete', [['id', '4']], undefined],
  ]);
});

it('C8 a truncated table, and one with more rows than are kept, has changed as a whole', () => {
  const inserts = Array.from({ length: 6 }, (_, id) => message('I', int32(77), text('N'), tuple(String(id), 'x')));
  expect(run([begin(1), products, ...inserts, commit], 5)[0]?.changes[0]?.rows).toBeUndefined();
  expect(run([begin(1), products, ...inserts.slice(1), commit], 5)[0]?.changes[0]?.rows).toHaveLength(5);
  expect(run([begin(1), products, message('T', int32(1), Buffer.alloc(1), int32(77)), commit])[0]?.changes[0]).toMatchObject({
    table: 'products',
    rows: undefined,
  });
});

it('X4 a stream cut or changed at any byte is refused or read, never a crash of another kind', () => {
  const whole = [begin(1), products, message('U', int32(77), text('O'), tuple('3', 'old'), text('N'), tuple('3', 'new')), commit];
  let refused = 0;
  fc.assert(
    fc.property(fc.nat(3), fc.nat(60), fc.nat(255), fc.boolean(), (which, at, value, isCut) => {
      const messages: Buffer[] = whole.map((one) => Buffer.from(one));
      const one = messages[which] as Buffer;
      if (isCut) messages[which] = one.subarray(0, at % one.length);
      else one[at % one.length] = value;
      try {
        run(messages);
      } catch (error) {
        refused++;
        expect(error).toMatchObject({ code: 'MILLRACE_CHANGES_DECODE' });
      }
    }),
    { numRuns: 5000 },
  );
  expect(refused).toBeGreaterThan(1000);
  expect(Object.prototype).not.toHaveProperty('tea');
});

it('C8 the full transaction id is the nearest one, across the turn of the counter', () => {
  expect(fullXid(5, 2n ** 32n - 10n)).toBe(2n ** 32n + 5n);
  expect(fullXid(2 ** 32 - 5, 2n ** 32n + 3n)).toBe(2n ** 32n - 5n);
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 40n), fc.bigInt(-(2n ** 30n), 2n ** 30n), (near, apart) => {
      const xid = near + apart < 0n ? near : near + apart;
      expect(fullXid(Number(xid % 2n ** 32n), near)).toBe(xid);
    }),
  );
});
