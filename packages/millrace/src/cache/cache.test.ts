import { expect, it } from 'vitest';
import type { CallContext } from '../kernel/index.ts';
import { contextFor, HangingCall, RecordedEvents, settle, testSystem } from '../testing/index.ts';
import { type CacheEvents, type CacheOptions, createCache, type EntityOptions, type Tier } from './index.ts';

interface Product {
  readonly id: number;
  readonly name: string;
  readonly categoryId: number;
}

const row = (id: number, version = 1): Product => ({ id, name: `product ${id} v${version}`, categoryId: id % 3 });

/** A cache with one entity over a table that the test changes, and all that was asked of the loader. */
const setUp = (options: Partial<EntityOptions<number, Product>> = {}, cacheOptions: CacheOptions = {}, tiers: readonly Tier[] = []) => {
  const on = testSystem();
  const events = new RecordedEvents<CacheEvents>();
  const cache = createCache(cacheOptions, { system: on, events, tiers });
  const table = new Map([1, 2, 3, 4, 5, 42].map((id) => [id, row(id)]));
  const asked: number[][] = [];
  const trouble: { error?: Error } = {};
  const load = async (ids: readonly number[]): Promise<Product[]> => {
    asked.push([...ids]);
    if (trouble.error) throw trouble.error;
    return ids.flatMap((id) => table.get(id) ?? []);
  };
  const product = cache.entity('product', load, { key: ({ id }) => id, jitter: 0, ttl: '1m', ...options });
  return { on, events, cache, table, asked, trouble, product };
};

/** An entity whose loads wait until the test answers them. */
const setUpSlow = (options: Partial<EntityOptions<number, Product>> = {}) => {
  const on = testSystem();
  const events = new RecordedEvents<CacheEvents>();
  const cache = createCache({}, { system: on, events });
  const loads: { readonly ids: readonly number[]; readonly call: CallContext; answer(rows: readonly Product[]): void; fail(error: unknown): void }[] = [];
  const load = (ids: readonly number[], call: CallContext): Promise<readonly Product[]> =>
    new Promise((resolve, reject) => loads.push({ ids, call, answer: resolve, fail: reject }));
  const product = cache.entity('product', load, { key: ({ id }) => id, jitter: 0, ttl: '1m', ...options });
  const loaded = async (count: number) => {
    await settle();
    expect(loads).toHaveLength(count);
    return loads[count - 1] as (typeof loads)[number];
  };
  return { on, events, cache, loads, loaded, product };
};

it('C2 C5 five hundred callers at once are one call of the loader', async () => {
  const { asked, product, cache } = setUp();
  const answers = await Promise.all(Array.from({ length: 500 }, () => product.get(42)));
  expect(asked).toEqual([[42]]);
  expect(new Set(answers).size).toBe(1);
  expect(answers[0]).toEqual(row(42));
  expect(cache.stats().loadsInFlight).toBe(0);
});

it('C2 what is asked for in one turn is one batch: duplicates folded, absent rows undefined, order kept', async () => {
  const { asked, product } = setUp();
  const [many, one] = await Promise.all([product.getMany([3, 1, 999, 3]), product.get(2)]);
  expect(many.map((found) => found?.id)).toEqual([3, 1, undefined, 3]);
  expect(one?.id).toBe(2);
  expect(asked).toEqual([[3, 1, 999, 2]]);
  expect((await product.getMany([1, 2, 3])).map((found) => found?.id)).toEqual([1, 2, 3]);
  expect(asked).toHaveLength(1);
});

it('C2 whoever is resumed by a promise of the same turn still gets into the batch', async () => {
  const { asked, product } = setUp();
  const later = Promise.resolve()
    .then(() => Promise.resolve())
    .then(() => product.get(2));
  await Promise.all([product.get(1), later]);
  expect(asked).toEqual([[1, 2]]);
});

it('C2 a batch holds at most maxBatch ids', async () => {
  const { asked, product } = setUp({ maxBatch: 2 });
  await product.getMany([1, 2, 3, 4, 5]);
  expect(asked).toEqual([[1, 2], [3, 4], [5]]);
});

it('C2 null, 0, false and the empty text are values: cached, told apart from a miss', async () => {
  const { cache } = setUp();
  for (const value of [null, 0, false, '']) {
    let loads = 0;
    const load = async () => {
      loads++;
      return value;
    };
    expect(await cache.getOrSet(`odd:${String(value)}`, load)).toBe(value);
    expect(await cache.getOrSet(`odd:${String(value)}`, load)).toBe(value);
    expect(loads).toBe(1);
    expect(await cache.cacheGet(`odd:${String(value)}`)).toBe(value);
  }
  expect(await cache.cacheGet('odd:unknown')).toBeUndefined();
});

it('C6 that a row is absent is believed for negativeTtl', async () => {
  const { on, asked, table, product } = setUp({ negativeTtl: '5s' });
  expect(await product.getEntry(7)).toMatchObject({ value: undefined, state: 'absent', tier: 'loader' });
  table.set(7, row(7));
  expect(await product.getEntry(7)).toMatchObject({ state: 'absent', tier: 'memory' });
  await on.clock.advance(5000);
  expect(await product.get(7)).toEqual(row(7));
  expect(asked).toEqual([[7], [7]]);
});

it('C2 getEntry says where a value came from and how old it is', async () => {
  const { on, product } = setUp();
  expect(await product.getEntry(1)).toEqual({ value: row(1), state: 'loaded', tier: 'loader', ageMs: 0 });
  await on.clock.advance(1500);
  expect(await product.getEntry(1)).toEqual({ value: row(1), state: 'hit', tier: 'memory', ageMs: 1500 });
});

it('C2 peek is synchronous, loads nothing, and gives what may be given', async () => {
  const { on, asked, product } = setUp({ staleFor: '10s' });
  expect(product.peek(1)).toBeUndefined();
  await product.get(1);
  expect(product.peek(1)).toEqual(row(1));
  await on.clock.advance(69_999);
  expect(product.peek(1)).toEqual(row(1));
  await on.clock.advance(1);
  expect(product.peek(1)).toBeUndefined();
  expect(asked).toHaveLength(1);
});

it('C2 an id of several parts is one id, and a number is its text', async () => {
  const cache = createCache({}, { system: testSystem() });
  const asked: unknown[] = [];
  const stock = cache.entity(
    'inventory',
    async (ids: readonly (readonly [number, string])[]) => {
      asked.push(...ids);
      return ids.map(([store, sku]) => ({ store, sku, quantity: 7 }));
    },
    { key: ({ store, sku }) => [store, sku] as const },
  );
  expect(await stock.get([1, 'a:b'])).toMatchObject({ store: 1, sku: 'a:b' });
  expect(stock.peek([1, 'a:b'])).toBeDefined();
  expect(await cache.cacheGet('inventory:1:a%3Ab')).toMatchObject({ quantity: 7 });
  expect(await cache.cacheGet('inventory:1:a:b')).toBeUndefined();
  expect(await cache.invalidate({ key: 'inventory:1' })).toBe(1);
  expect(stock.peek([1, 'a:b'])).toBeUndefined();
  const { product } = setUp();
  await product.get(42);
  expect(product.peek('42' as unknown as number)).toEqual(row(42));
});

it('C2 a row that nobody asked for fails the batch by name, and nothing of it is stored', async () => {
  const cache = createCache({}, { system: testSystem() });
  const rows: unknown[] = [];
  const wrong = cache.entity('product', async () => rows as Product[], { key: ({ id }) => id });
  const fails = async (given: readonly unknown[], message: RegExp) => {
    rows.splice(0, rows.length, ...given);
    await expect(wrong.get(42)).rejects.toMatchObject({ code: 'MILLRACE_LOADER_KEYS', message: expect.stringMatching(message) });
  };
  await fails([row(43)], /The loader of "product" returned key 43, which nobody asked for \(asked: 42\)/);
  await fails([row(42), row(42, 2)], /key 42 twice/);
  await fails([null], /null among its rows/);
  expect(cache.stats().entities[0]).toMatchObject({ entries: 0, loadErrors: 4 - 1 });
});

it('C2 a loader that throws at once, or answers with no list, is an error and no crash', async () => {
  const cache = createCache({}, { system: testSystem() });
  const throws = cache.entity(
    'throwing',
    (): never => {
      throw new Error('at once');
    },
    { key: () => 1 },
  );
  await expect(throws.get(1)).rejects.toThrow('at once');
  const none = cache.entity('listless', async () => undefined as never, { key: () => 1 });
  await expect(none.get(1)).rejects.toMatchObject({ code: 'MILLRACE_LOADER_KEYS' });
});

it('C6 a TTL runs out, and jitter only shortens it', async () => {
  const { on, asked, product } = setUp();
  await product.get(1);
  await on.clock.advance(59_999);
  await product.get(1);
  expect(asked).toHaveLength(1);
  await on.clock.advance(1);
  await product.get(1);
  expect(asked).toHaveLength(2);
  const spread = setUp({ jitter: 0.5 });
  await spread.product.getMany([1, 2, 3, 4, 5]);
  await spread.on.clock.advance(30_000 - 1);
  await spread.product.getMany([1, 2, 3, 4, 5]);
  expect(spread.asked).toHaveLength(1);
  await spread.on.clock.advance(15_000);
  await spread.product.getMany([1, 2, 3, 4, 5]);
  expect(spread.asked[1]?.length).toBeGreaterThan(0);
  expect(spread.asked[1]?.length).toBeLessThan(5);
  await spread.on.clock.advance(60_000);
  await spread.product.getMany([1, 2, 3, 4, 5]);
  expect(spread.asked[2]).toHaveLength(5);
});

it('C6 a TTL may depend on the row, and 0 keeps nothing', async () => {
  const { on, asked, product } = setUp({ ttl: ({ id }) => (id === 1 ? '10s' : id === 2 ? 0 : '1h') });
  await product.getMany([1, 2, 3]);
  await on.clock.advance(10_000);
  await product.getMany([1, 2, 3]);
  expect(asked).toEqual([
    [1, 2, 3],
    [1, 2],
  ]);
});

it('C6 X4 a TTL that is none fails the call that made it, and no other row of the batch', async () => {
  const { product } = setUp({ ttl: ({ id }) => (id === 1 ? Number.NaN : '1h') });
  const [wrong, fine] = await Promise.allSettled([product.get(1), product.get(2)]);
  expect(wrong).toMatchObject({ status: 'rejected', reason: { code: 'MILLRACE_CONFIG' } });
  expect(fine).toMatchObject({ status: 'fulfilled', value: row(2) });
});

it('C6 a jump of the wall clock ages nothing', async () => {
  const { on, asked, product } = setUp();
  await product.get(1);
  on.clock.jumpWall(86_400_000);
  await product.get(1);
  on.clock.jumpWall(-2 * 86_400_000);
  await on.clock.advance(60_000);
  await product.get(1);
  expect(asked).toHaveLength(2);
});

it('C6 past its TTL a row is given at once while one load refreshes it', async () => {
  const { on, loads, loaded, product } = setUpSlow({ staleFor: '30s' });
  const first = product.get(1);
  (await loaded(1)).answer([row(1)]);
  await first;
  await on.clock.advance(60_000);
  const stale = await Promise.all([product.getEntry(1), product.getEntry(1), product.getEntry(1)]);
  expect(stale.map(({ state, ageMs }) => [state, ageMs])).toEqual([
    ['stale', 60_000],
    ['stale', 60_000],
    ['stale', 60_000],
  ]);
  (await loaded(2)).answer([row(1, 2)]);
  await settle();
  expect(await product.getEntry(1)).toMatchObject({ value: row(1, 2), state: 'hit' });
  expect(loads).toHaveLength(2);
});

it("C6 a refresh behind outlives the caller who caused it, and is nobody else's waterfall", async () => {
  const { on, loaded, product } = setUpSlow({ staleFor: '30s' });
  const first = product.get(1);
  (await loaded(1)).answer([row(1)]);
  await first;
  await on.clock.advance(60_000);
  const context = contextFor('request', { timeout: '10ms', recorder: { begin: () => 1, end() {} } }, on);
  expect(await product.get(1, context)).toEqual(row(1));
  context.abort();
  const refresh = await loaded(2);
  expect(refresh.call.isAborted).toBe(false);
  expect(refresh.call.deadlineMs).toBeGreaterThan(context.deadlineMs);
  expect(refresh.call.recorder).toBeUndefined();
  refresh.answer([row(1, 2)]);
  await settle();
  expect(product.peek(1)).toEqual(row(1, 2));
});

it('C6 when loading fails a row within its grace is given, the loader is left alone for a second, and past the grace the failure is thrown', async () => {
  const { on, asked, trouble, events, product } = setUp({ staleIfError: '10m' });
  await product.get(1);
  await on.clock.advance(60_000);
  trouble.error = new Error('database away');
  expect(await product.getEntry(1)).toMatchObject({ value: row(1), state: 'stale', ageMs: 60_000 });
  expect(await product.getEntry(1)).toMatchObject({ state: 'stale' });
  expect(asked).toHaveLength(2);
  await on.clock.advance(1000);
  expect(await product.getEntry(1)).toMatchObject({ state: 'stale' });
  expect(asked).toHaveLength(3);
  expect(events.seen.map(([name]) => name)).toContain('cache.entry.servedStale');
  await on.clock.advance(600_000);
  await expect(product.get(1)).rejects.toThrow('database away');
  delete trouble.error;
  expect(await product.getEntry(1)).toMatchObject({ state: 'loaded' });
});

it('C6 without a grace a failure is thrown to everybody who waits, after one call', async () => {
  const { asked, trouble, product } = setUp();
  trouble.error = new Error('database away');
  const outcomes = await Promise.allSettled(Array.from({ length: 200 }, () => product.get(1)));
  expect(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason === trouble.error)).toBe(true);
  expect(asked).toHaveLength(1);
});

it('C6 past the soft limit a row within its grace is given and the load goes on behind', async () => {
  const { on, loaded, product } = setUpSlow({ staleIfError: '10m', softTimeout: '200ms' });
  const first = product.get(1);
  (await loaded(1)).answer([row(1)]);
  await first;
  await on.clock.advance(60_000);
  const slow = product.getEntry(1);
  const refresh = await loaded(2);
  await on.clock.advance(200);
  expect(await slow).toMatchObject({ value: row(1), state: 'stale' });
  expect(refresh.call.isAborted).toBe(false);
  refresh.answer([row(1, 2)]);
  await settle();
  expect(await product.getEntry(1)).toMatchObject({ value: row(1, 2), state: 'hit' });
  expect(on.clock.pending).toBe(0);
});

it('C6 past the hard limit the loader is told to stop and the load has failed', async () => {
  const { on, loaded, product } = setUpSlow({ loadTimeout: '2s' });
  const outcome = expect(product.get(1)).rejects.toMatchObject({ code: 'MILLRACE_TIMEOUT', limitMs: 2000, operation: 'cache.product.load' });
  const load = await loaded(1);
  await on.clock.advance(2000);
  await outcome;
  expect(load.call.isAborted).toBe(true);
  expect(on.clock.pending).toBe(0);
});

it('F3 a caller leaves at its own deadline; the loader is stopped when the last caller of the whole batch has left', async () => {
  const { on, loaded, product } = setUpSlow();
  const [one, two] = [contextFor('a', { timeout: '100ms' }, on), contextFor('b', { timeout: '300ms' }, on)];
  const hasty = expect(product.get(1, one)).rejects.toMatchObject({ code: 'MILLRACE_DEADLINE' });
  const patient = expect(product.get(2, two)).rejects.toMatchObject({ code: 'MILLRACE_DEADLINE' });
  const load = await loaded(1);
  await on.clock.advance(100);
  await hasty;
  expect(load.call.isAborted).toBe(false);
  await on.clock.advance(200);
  await patient;
  expect(load.call.isAborted).toBe(true);
});

it('C8 what a load brings after an invalidation of its key is never stored, and whoever asked after it gets the new row', async () => {
  const { cache, loaded, product } = setUpSlow();
  const before = product.get(1);
  const old = await loaded(1);
  expect(await product.invalidate(1)).toBe(0);
  const after = product.get(1);
  const fresh = await loaded(2);
  fresh.answer([row(1, 2)]);
  expect(await after).toEqual(row(1, 2));
  old.answer([row(1, 1)]);
  expect(await before).toEqual(row(1, 1));
  expect(product.peek(1)).toEqual(row(1, 2));
  expect(cache.stats().entities[0]?.refused.outdated).toBe(1);
});

it.each([
  ['tag', { tag: 'category:1' }],
  ['pattern', { pattern: 'prod*:1' }],
  ['entity', { entity: 'product' }],
  ['table', { table: 'products', rows: [{ id: 1 }] }],
] as const)('C8 the same for a load overtaken by the invalidation of its %s', async (_kind, target) => {
  const { cache, loads, loaded, product } = setUpSlow({ tags: ({ categoryId }) => [`category:${categoryId}`], tables: { products: ({ id }) => id } });
  const before = product.get(1);
  const old = await loaded(1);
  await cache.invalidate(target);
  const after = product.get(1);
  await settle();
  old.answer([row(1, 1)]);
  expect(await before).toEqual(row(1, 1));
  expect(product.peek(1)).toBeUndefined();
  (await loaded(2)).answer([row(1, 2)]);
  expect(await after).toEqual(row(1, 2));
  expect(product.peek(1)).toEqual(row(1, 2));
  expect(loads).toHaveLength(2);
});

it('C8 the invalidation of another tag does not cost the load', async () => {
  const { cache, loads, loaded, product } = setUpSlow({ tags: ({ categoryId }) => [`category:${categoryId}`] });
  const answer = product.get(1);
  const load = await loaded(1);
  await cache.invalidate({ tag: 'category:2' });
  const joined = product.get(1);
  load.answer([row(1)]);
  expect(await Promise.all([answer, joined])).toEqual([row(1), row(1)]);
  expect(loads).toHaveLength(1);
  expect(product.peek(1)).toEqual(row(1));
});

it('C8 a row that was set is not replaced by a load that began before', async () => {
  const { loaded, product } = setUpSlow();
  const before = product.get(1);
  const old = await loaded(1);
  expect(await product.set(1, row(1, 2))).toBe(true);
  old.answer([row(1, 1)]);
  await before;
  expect(product.peek(1)).toEqual(row(1, 2));
});

it('C7 by key, with what lies below it, and never its neighbour', async () => {
  const { cache, product } = setUp();
  await product.getMany([4, 42]);
  for (const [name, value] of [
    ['user:123', 1],
    ['user:123:balance', 2],
    ['user:123:orders:7', 3],
    ['user:1234', 4],
    ['user:12', 5],
  ] as const)
    await cache.cacheSet(name, value, 60);
  expect(await cache.cacheInvalidate('user:123')).toBe(3);
  expect(await Promise.all(['user:123', 'user:123:balance', 'user:1234', 'user:12'].map((name) => cache.cacheGet(name)))).toEqual([undefined, undefined, 4, 5]);
  expect(await product.invalidate(4)).toBe(1);
  expect([product.peek(4), product.peek(42)]).toEqual([undefined, row(42)]);
});

it('C7 by tag, by pattern, by version of a family, by table', async () => {
  const { cache, product } = setUp({ tags: ({ categoryId }) => [`category:${categoryId}`], tables: { products: ({ id }) => id } });
  const ids = [1, 2, 3, 4, 5];
  await product.getMany(ids);
  expect(await cache.invalidate({ tag: 'category:1' })).toBe(2);
  expect(ids.filter((id) => product.peek(id))).toEqual([2, 3, 5]);
  await cache.cacheSet('query:a', 1, 60);
  await cache.cacheSet('query:b', 2, 60);
  expect(await cache.invalidate({ pattern: 'query:*' })).toBe(2);
  expect(await cache.invalidate({ table: 'products', rows: [{ id: 2 }] })).toBe(1);
  expect(ids.filter((id) => product.peek(id))).toEqual([3, 5]);
  expect(await cache.invalidate({ table: 'orders' })).toBe(0);
  expect(await cache.invalidate({ table: 'products' })).toBe(2);
  await product.getMany(ids);
  expect(await cache.invalidate({ entity: 'product' })).toBe(5);
  expect(ids.filter((id) => product.peek(id))).toEqual([]);
  expect(cache.getMetrics().entries).toBe(0);
});

it('C7 a dropped family gives its room back as new rows come', async () => {
  const { cache, product, table } = setUp();
  const ids = Array.from({ length: 200 }, (_, index) => index + 1000);
  for (const id of ids) table.set(id, row(id));
  await product.getMany(ids);
  const before = cache.getMetrics().sizeBytes;
  await cache.invalidate({ entity: 'product' });
  expect(cache.getMetrics()).toMatchObject({ entries: 0 });
  await product.getMany(ids.slice(0, 30));
  expect(cache.getMetrics().sizeBytes).toBeLessThan(before / 2);
  expect(ids.slice(0, 30).every((id) => product.peek(id))).toBe(true);
});

it('C2 set says whether it stored, and a row too large for the cache is given but not kept', async () => {
  const { cache, events, product } = setUp({ size: ({ id }) => (id === 3 ? 2 ** 21 : 100) }, { memory: { size: '1MiB' } });
  expect(await product.set(1, row(1, 5))).toBe(true);
  expect(await product.set(3, row(3, 5))).toBe(false);
  expect(await product.set(2, undefined as never)).toBe(false);
  expect(await product.get(3)).toEqual(row(3));
  expect(product.peek(3)).toBeUndefined();
  expect(events.seen).toContainEqual(['cache.entry.refused', { entity: 'product', because: 'size', sizeBytes: 2 ** 21 }]);
  expect(cache.stats().entities[0]?.refused.size).toBe(2);
});

it('C1 memory is bounded in bytes over all entities and plain keys together', async () => {
  const { cache, product, table } = setUp({ size: () => 10_000 }, { memory: { size: '1MiB' } });
  for (let id = 1; id <= 500; id++) table.set(id, row(id));
  for (let id = 1; id <= 500; id++) await product.get(id);
  for (let index = 0; index < 50; index++) await cache.cacheSet(`blob:${index}`, 'x'.repeat(10_000));
  const { sizeBytes, entries, evictions } = cache.getMetrics();
  expect(sizeBytes).toBeLessThanOrEqual(1024 ** 2);
  expect(sizeBytes).toBeGreaterThan(900_000);
  expect(entries + evictions).toBe(550);
});

it('C2 whoever awaits a hit gets the newest row, not the promise of the one before', async () => {
  const { product } = setUp();
  await product.get(1);
  expect(await product.get(1)).toEqual(row(1));
  await product.set(1, row(1, 2));
  expect(await product.get(1)).toEqual(row(1, 2));
  await product.invalidate(1);
  await product.get(2);
  expect(await product.get(2)).toEqual(row(2));
});

it('C2 warm loads what is not fresh, batch after batch, and goes on after a batch that fails', async () => {
  const { asked, product } = setUp({ maxBatch: 2, ttl: ({ id }) => (id === 3 ? Number.NaN : '1m') });
  await product.get(1);
  expect(await product.warm([1, 2, 3, 4, 5])).toBe(4);
  expect(asked).toEqual([[1], [2], [3, 4], [5]]);
});

it('X4 a cached value is frozen where asked for, deeply, circles and bytes included', async () => {
  const { cache } = setUp();
  const value: Record<string, unknown> = { list: [{ deep: 1 }], bytes: new Uint8Array(2) };
  value['self'] = value;
  await cache.cacheSet('frozen', value);
  const cached = (await cache.cacheGet('frozen')) as { list: { deep: number }[] };
  expect(() => {
    (cached.list[0] as { deep: number }).deep = 2;
  }).toThrow(TypeError);
  expect(cached).toBe(value);
  const open = setUp({}, { freeze: false });
  const loose = { a: 1 };
  await open.cache.cacheSet('loose', loose);
  expect(Object.isFrozen(loose)).toBe(false);
});

it('C2 in the plain calls a bare number is seconds, a word says its unit', async () => {
  const { on, cache } = setUp();
  expect(await cache.cacheSet('a', 1, 2)).toBe(true);
  await cache.cacheSet('b', 1, '2ms');
  await cache.getOrSet('c', async () => 1, { ttl: 2, jitter: 0 });
  await cache.getOrSet('d', async () => 1, 2);
  await on.clock.advance(1500);
  expect(await Promise.all(['a', 'b', 'c', 'd'].map((name) => cache.cacheGet(name)))).toEqual([1, undefined, 1, 1]);
  await on.clock.advance(500);
  expect(await Promise.all(['a', 'c', 'd'].map((name) => cache.cacheGet(name)))).toEqual([undefined, undefined, undefined]);
});

it('C2 X4 plain calls refuse what is no key, no TTL and no value', async () => {
  const { cache } = setUp();
  for (const bad of ['', 'k'.repeat(1025)]) {
    await expect(cache.cacheSet(bad, 1)).rejects.toMatchObject({ code: 'MILLRACE_CACHE_KEY' });
    await expect(cache.cacheGet(bad)).rejects.toMatchObject({ code: 'MILLRACE_CACHE_KEY' });
    await expect(cache.cacheInvalidate(bad)).rejects.toMatchObject({ code: 'MILLRACE_CACHE_KEY' });
  }
  for (const bad of [-1, Number.NaN, '5 minutes' as '5m']) await expect(cache.cacheSet('a', 1, bad)).rejects.toMatchObject({ code: 'MILLRACE_CONFIG' });
  expect(await cache.cacheSet('a', undefined)).toBe(false);
  expect(await cache.cacheSet('a', 1, 0)).toBe(false);
  expect(await cache.cacheGet('a')).toBeUndefined();
});

it('C2 cacheGet does not make the nothing it finds the answer of who brings a loader', async () => {
  const { cache } = setUp();
  const [nothing, loaded] = await Promise.all([cache.cacheGet('a'), cache.getOrSet('a', async () => 'loaded')]);
  expect([nothing, loaded]).toEqual([undefined, 'loaded']);
  expect(await cache.cacheGet('a')).toBe('loaded');
});

it('C2 plain keys and entities share one space of keys, whichever came first', async () => {
  const { cache } = setUp();
  await cache.cacheSet('shop:1', 'before the entity');
  const shop = cache.entity('shop', async (ids: readonly number[]) => ids.map((id) => ({ id })), { key: ({ id }) => id });
  expect(await cache.cacheGet('shop:1')).toBeUndefined();
  await shop.get(1);
  expect(await cache.cacheGet('shop:1')).toEqual({ id: 1 });
  expect(await cache.cacheInvalidate('shop:1')).toBe(1);
  expect(shop.peek(1)).toBeUndefined();
});

it('C2 O2 a declaration that cannot work is refused at once, with every problem', () => {
  const { cache } = setUp();
  const load = async () => [];
  expect(() => cache.entity('bad', load, { key: () => 1, ttl: 'soon' as '1m', jitter: 2, tll: 1 } as never)).toThrow(
    /cache\.entity\.bad\.tll is not an option: did you mean ttl\?[\s\S]*cache\.entity\.bad\.ttl is "soon"[\s\S]*cache\.entity\.bad\.jitter is 2/,
  );
  expect(() => cache.entity('keyless', load, {} as never)).toThrow(/cache\.entity\.keyless\.key/);
  for (const name of ['', 'a:b', '1st', 'x'.repeat(65), '__proto__', 'product', 'plain']) {
    expect(() => cache.entity(name, load, { key: () => 1 })).toThrow(expect.objectContaining({ code: 'MILLRACE_ENTITY_NAME' }));
  }
  expect(() => createCache({ memory: { size: '64mb' as '64MB' } })).toThrow(/cache\.memory\.size is "64mb"/);
});

it('C15 counts hits, misses, stale hits, loads and their time, evictions, bytes and entries, per entity and per tier', async () => {
  const { on, cache, loaded, product } = setUpSlow({ staleFor: '30s' });
  const first = product.get(1);
  const load = await loaded(1);
  await on.clock.advance(40);
  load.answer([row(1)]);
  await first;
  await product.get(1);
  await product.get(1);
  await on.clock.advance(60_000);
  await product.get(1);
  (await loaded(2)).answer([]);
  await settle();
  const { entities, tiers } = cache.stats();
  expect(entities[0]).toMatchObject({ name: 'product', hits: 3, staleHits: 1, misses: 1, hitRate: 0.75, loads: 2, loadedIds: 2, loadErrors: 0, entries: 1 });
  expect(entities[0]?.loadMs.p99).toBeCloseTo(40, 0);
  expect(entities[0]?.sizeBytes).toBeGreaterThan(128);
  expect(tiers[0]).toMatchObject({ name: 'memory', policy: 's3-fifo', hits: 3, misses: 1, entries: 1, errors: 0 });
  expect([cache.getHitRate(), cache.getMetrics().hits]).toEqual([0.75, 3]);
});

it('C15 the recent rate looks back five minutes, not to the start', async () => {
  const { on, cache, product } = setUp({ ttl: '1h' });
  for (let miss = 100; miss < 200; miss++) await product.get(miss);
  await on.clock.advance(600_000);
  await product.get(1);
  for (let hit = 0; hit < 9; hit++) await product.get(1);
  expect(cache.stats().recentHitRate).toBeCloseTo(0.9, 1);
  expect(cache.getHitRate()).toBeLessThan(0.1);
});

it('C15 figures are pulled under the names of the sources', async () => {
  const { cache, product } = setUp();
  await product.get(1);
  await product.get(1);
  const seen = new Map<string, number>();
  const note = (name: string, _help: string, value: number, labels: Readonly<Record<string, string>> = {}) => {
    seen.set(
      `${name}{${Object.entries(labels)
        .map(([label, of]) => `${label}=${of}`)
        .join()}}`,
      value,
    );
  };
  cache.collect({ counter: note, gauge: note, histogram: (name, help, reading, _bounds, labels) => note(name, help, reading.count, labels) });
  expect(seen.get('cache_hits_total{cache_type=memory}')).toBe(1);
  expect(seen.get('cache_misses_total{cache_type=memory}')).toBe(1);
  expect(seen.get('cache_hit_rate{cache_type=memory}')).toBe(0.5);
  expect(seen.get('millrace_cache_entity_loads_total{entity=product}')).toBe(1);
  expect(seen.get('millrace_cache_load_duration_seconds{entity=product}')).toBe(1);
});

it('C15 a watched request notes each step: hit, miss and stale, with what the loader does below it', async () => {
  const { on, loaded, product } = setUpSlow({ staleFor: '30s' });
  const steps: string[] = [];
  const recorder = {
    begin: (seam: string, name: string, parent: number) => steps.push(`${seam} ${name} below ${parent}`) - 1,
    end: (step: number, outcome: string, note?: string) => {
      steps[step] += ` → ${outcome} (${note})`;
    },
  };
  const context = contextFor('GET /products/1', { recorder }, on);
  const first = product.get(1, context);
  const load = await loaded(1);
  expect(load.call.step).toBe(0);
  load.answer([row(1)]);
  await first;
  await product.get(1, context);
  await on.clock.advance(60_000);
  await product.get(1, context);
  expect(steps).toEqual(['cache product below -1 → miss (loader)', 'cache product below -1 → hit (memory)', 'cache product below -1 → stale (memory)']);
});

it('X3 after stop nothing goes on behind, and what memory holds is still given', async () => {
  const { on, cache, loaded, product } = setUpSlow({ staleFor: '30s' });
  const first = product.get(1);
  (await loaded(1)).answer([row(1)]);
  await first;
  await on.clock.advance(60_000);
  await product.get(1);
  const refresh = await loaded(2);
  const stopped = cache.stop();
  expect(refresh.call.isAborted).toBe(true);
  refresh.fail(refresh.call.reason);
  await stopped;
  expect(product.peek(1)).toEqual(row(1));
  await expect(product.get(2)).rejects.toMatchObject({ code: 'MILLRACE_STOPPED' });
  await expect(cache.getOrSet('x', async () => 1)).rejects.toMatchObject({ code: 'MILLRACE_STOPPED' });
  await cache.stop();
  expect(on.clock.pending).toBe(0);
});

it('C5 a loader that asks for its own row is told so instead of waiting for ever', async () => {
  const cache = createCache({}, { system: testSystem() });
  const product = cache.entity(
    'product',
    async (ids: readonly number[]) => {
      await product.get(ids[0] as number);
      return [];
    },
    { key: ({ id }: Product) => id },
  );
  await expect(product.get(1)).rejects.toMatchObject({ code: 'MILLRACE_COALESCE_LOOP' });
});

it('C2 a hanging loader of one entity holds up no other', async () => {
  const { cache, product } = setUp();
  const hanging = new HangingCall<readonly number[], Product[]>();
  const other = cache.entity('hanging', hanging.call, { key: ({ id }) => id });
  const never = other.get(1).catch(() => undefined);
  expect(await product.get(1)).toEqual(row(1));
  hanging.answer([]);
  await never;
});
