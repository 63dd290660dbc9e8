import { expect, it } from 'vitest';
import { settle, testSystem } from '../../testing/index.ts';
import { createCache } from '../index.ts';

interface Row {
  readonly id: number;
  readonly version: number;
}

function setUp({ staleIfError = '0ms' }: { readonly staleIfError?: '0ms' | '1m' } = {}) {
  const on = testSystem();
  const { clock } = on;
  let [version, loads, isDown] = [1, 0, false];
  const cache = createCache({}, { system: on });
  const load = async (ids: readonly number[]): Promise<Row[]> => {
    loads += ids.length;
    if (isDown) throw new Error('no database');
    return ids.map((id) => ({ id, version }));
  };
  const options = { key: (row: Row) => row.id, ttl: '1h', jitter: 0, staleIfError } as const;
  const product = cache.entity('product', load, { ...options, tables: { products: (row: Row) => row.id } });
  const other = cache.entity('other', load, options);
  return {
    ...{ clock, cache, product, other },
    write: () => version++,
    loads: () => loads,
    fail: () => {
      isDown = true;
    },
  };
}

it('C8 what depends on tables is given for five seconds after the last proof, and not once longer', async () => {
  const { clock, cache, product, other, write, loads } = setUp();
  await Promise.all([product.get(1), other.get(1)]);
  cache.tables.trustUntil(clock.monotonicMs() + 5000);
  write();
  await clock.advance(4999);
  expect([(await product.get(1))?.version, product.peek(1)?.version]).toEqual([1, 1]);
  await clock.advance(20);
  expect(product.peek(1)).toBeUndefined();
  expect((await product.get(1))?.version).toBe(2);
  expect((await other.get(1))?.version).toBe(1);
  expect(loads()).toBe(3);
  expect(cache.tables.stats()).toMatchObject({ lapses: 1, doubts: 0 });
});

it('C8 while nobody follows the tables what is loaded lives for seconds, so that reads are not all loads', async () => {
  const { clock, cache, product, loads } = setUp();
  cache.tables.trustUntil(0);
  for (let second = 0; second < 20; second++) {
    await product.get(1);
    await clock.advance(500);
  }
  expect(loads()).toBeGreaterThanOrEqual(2);
  expect(loads()).toBeLessThanOrEqual(3);
  cache.tables.trustUntil(clock.monotonicMs() + 5000);
  await product.get(2);
  await clock.advance(4500);
  cache.tables.trustUntil(clock.monotonicMs() + 5000);
  await product.get(2);
  expect(loads()).toBeLessThanOrEqual(4);
});

it('C8 in doubt an entry is given as stale until the bound, loaded anew behind, and what depends on no table is as it was', async () => {
  const { clock, cache, product, other, write } = setUp();
  await Promise.all([product.get(1), product.get(2), other.get(1)]);
  cache.tables.trustUntil(clock.monotonicMs() + 5000);
  await clock.advance(2000);
  write();
  await cache.tables.doubt();
  cache.tables.trustUntil(clock.monotonicMs() + 5000);
  expect(await product.getEntry(1)).toMatchObject({ state: 'stale', value: { version: 1 } });
  expect(await other.getEntry(1)).toMatchObject({ state: 'hit' });
  await settle();
  expect(await product.getEntry(1)).toMatchObject({ state: 'hit', value: { version: 2 } });
  await clock.advance(3020);
  expect(await product.getEntry(2)).toMatchObject({ state: 'loaded', value: { version: 2 } });
});

it('C8 past the bound an entry in doubt is given only where its declaration allows that for a load that fails, and is marked', async () => {
  for (const staleIfError of ['0ms', '1m'] as const) {
    const { clock, cache, product, fail } = setUp({ staleIfError });
    await product.get(1);
    cache.tables.trustUntil(clock.monotonicMs() + 5000);
    await cache.tables.doubt();
    fail();
    await clock.advance(5020);
    if (staleIfError === '0ms') await expect(product.get(1)).rejects.toThrow('no database');
    else expect(await product.getEntry(1)).toMatchObject({ state: 'stale' });
  }
});

it('C8 a load that began before the doubt is not kept', async () => {
  const { clock, cache, product, write } = setUp();
  const before = product.get(1);
  await cache.tables.doubt();
  write();
  await before;
  await clock.advance(1);
  expect((await product.get(1))?.version).toBe(2);
});
