import { expect, it } from 'vitest';
import { type Clock, silent } from '../../kernel/index.ts';
import { contextFor, FailingTier, FaultInjector, failAtN, faultKinds, RecordedEvents, settle, TestClock, testSystem } from '../../testing/index.ts';
import { type CacheEvents, createCache, type Target, type Tier } from '../index.ts';

interface Row {
  readonly id: number;
  readonly version: number;
}

/** A tier below memory that other processes share: here it is somebody else's memory. */
const sharedTier = (on: ReturnType<typeof testSystem>) => createCache({}, { system: on }).memory;

const setUp = (kind: (typeof faultKinds)[number] = 'error', failingCall = Number.POSITIVE_INFINITY) => {
  const on = testSystem();
  const faults = new FaultInjector(failingCall, kind, on.clock, 60_000);
  const below = new FailingTier(sharedTier(on), faults, 'shared');
  const events = new RecordedEvents<CacheEvents>();
  let version = 1;
  let loads = 0;
  const make = () => {
    const cache = createCache({}, { system: on, events, tiers: [below] });
    const load = async (ids: readonly number[]): Promise<Row[]> => {
      loads++;
      return ids.map((id) => ({ id, version }));
    };
    return { cache, product: cache.entity('product', load, { key: ({ id }) => id, ttl: '1h', jitter: 0, tags: () => ['all'] }) };
  };
  const change = () => {
    version++;
  };
  return { on, below, events, make, change, loads: () => loads };
};

it('C1 a hit in a lower tier fills memory, and a load fills both', async () => {
  const { make, loads } = setUp();
  const [one, two] = [make(), make()];
  expect(await one.product.getEntry(1)).toMatchObject({ state: 'loaded', tier: 'loader' });
  await settle();
  expect(await two.product.getEntry(1)).toMatchObject({ state: 'hit', tier: 'shared', value: { id: 1, version: 1 } });
  expect(two.product.peek(1)).toEqual({ id: 1, version: 1 });
  expect(loads()).toBe(1);
  expect(two.cache.stats().tiers.map(({ name, hits, misses }) => [name, hits, misses])).toEqual([
    ['memory', 1, 1],
    ['shared', 1, 0],
  ]);
  expect(two.cache.stats().entities[0]).toMatchObject({ hits: 2, misses: 0, loads: 0 });
});

it('C7 C8 an invalidation reaches the tier below, and its old value does not come back through it', async () => {
  const { make, change } = setUp();
  const [one, two] = [make(), make()];
  await one.product.get(1);
  await settle();
  change();
  for (const target of [{ tag: 'all' }, { key: 'product:1' }, { pattern: 'product:*' }, { entity: 'product' }] as const) {
    await one.product.get(1);
    await settle();
    expect(await one.cache.invalidate(target)).toBe(1);
    expect(await one.product.getEntry(1)).toMatchObject({ state: 'loaded', value: { version: 2 } });
    await settle();
  }
  expect(await two.product.get(1)).toEqual({ id: 1, version: 2 });
});

it('C8 who reads the tier below before it has been told does not keep its old value', async () => {
  const { below, make, change } = setUp();
  const { cache, product } = make();
  await product.get(1);
  await settle();
  const told = Promise.withResolvers<void>();
  const invalidate = below.invalidate.bind(below);
  below.invalidate = async (target, context) => {
    await told.promise;
    return invalidate(target, context);
  };
  change();
  const dropping = cache.invalidate({ key: 'product:1' });
  expect(await product.getEntry(1)).toMatchObject({ tier: 'shared', value: { version: 1 } });
  told.resolve();
  await dropping;
  expect(await product.getEntry(1)).toMatchObject({ state: 'loaded', value: { version: 2 } });
});

it('C7 a value stored under another version of its entity is a miss', async () => {
  const { on, below, make } = setUp();
  await make().product.get(1);
  await settle();
  const next = createCache({}, { system: on, tiers: [below] });
  const product = next.entity('product', async (ids: readonly number[]) => ids.map((id) => ({ id, shape: 'new' })), { key: ({ id }) => id, version: 2 });
  expect(await product.getEntry(1)).toMatchObject({ state: 'loaded', value: { shape: 'new' } });
});

it('C12 a tier that hangs costs its budget, then is left alone; the request goes on', async () => {
  const { on, make, events } = setUp('hang', 1);
  const { cache, product } = make();
  const answer = product.getEntry(1);
  await on.clock.advance(100);
  expect(await answer).toMatchObject({ state: 'loaded' });
  expect(cache.stats().tiers[1]).toMatchObject({ name: 'shared', errors: 1 });
  expect(events.seen.filter(([name]) => name === 'cache.tier.failed')).toHaveLength(1);
  expect(on.clock.pending).toBe(0);
});

it('C12 an invalidation the tier missed is told before anything is read from it again', async () => {
  const { on, below, make, change, events } = setUp();
  const { cache, product } = make();
  await product.get(1);
  await settle();
  const other = make();
  change();
  const invalidate = below.invalidate.bind(below);
  below.invalidate = () => Promise.reject(new Error('tier away'));
  await cache.invalidate({ key: 'product:1' });
  expect(cache.stats().tiers[1]).toMatchObject({ isDistrusted: true });
  expect(await product.getEntry(1)).toMatchObject({ state: 'loaded', value: { version: 2 } });
  expect(cache.stats().tiers[1]?.hits).toBe(0);
  below.invalidate = invalidate;
  await on.clock.advance(1000);
  expect(await product.getMany([1, 2])).toEqual([
    { id: 1, version: 2 },
    { id: 2, version: 2 },
  ]);
  await settle();
  expect(cache.stats().tiers[1]).toMatchObject({ isDistrusted: false });
  expect(events.seen.map(([name]) => name)).toContain('cache.tier.recovered');
  expect(await other.product.get(1)).toEqual({ id: 1, version: 2 });
});

it('C8 C12 a tier that missed an invalidation is told by itself, whether or not anybody asks it for anything, as others read it too', async () => {
  const on = testSystem();
  const tier = sharedTier(on);
  const told: Target[] = [];
  let isAway = true;
  const below: Tier = {
    name: 'table',
    get: (keys, context) => tier.get(keys, context),
    set: (writes, context) => tier.set(writes, context),
    delete: (keys, context) => tier.delete(keys, context),
    stats: () => tier.stats(),
    invalidate(target, context) {
      if (isAway) return Promise.reject(new Error('away'));
      told.push(target);
      return tier.invalidate(target, context);
    },
  };
  const cache = createCache({}, { system: on, tiers: [below] });
  await cache.invalidate({ key: 'product:1' });
  expect(told).toEqual([]);
  isAway = false;
  await on.clock.advance(2000);
  expect(told).toEqual([{ key: 'product:1' }]);
  await cache.stop();
});

it('O2 two tiers of one name are refused', () => {
  const { on, below } = setUp();
  expect(() => createCache({}, { tiers: [below, below] })).toThrow(/cache\.tiers is a tier named "shared", which is taken/);
  expect(() => createCache({}, { tiers: [sharedTier(on)] })).toThrow(/named "memory"/);
});

it('C6 a value within its grace from a tier below is given when loading fails', async () => {
  const { on, below: shared } = setUp();
  const options = { key: ({ id }: Row) => id, ttl: '1m', jitter: 0, staleIfError: '10m' } as const;
  const writer = createCache({}, { system: on, tiers: [shared] }).entity(
    'product',
    async (ids: readonly number[]) => ids.map((id) => ({ id, version: 1 })),
    options,
  );
  await writer.get(1);
  await settle();
  await on.clock.advance(120_000);
  const failing = async (): Promise<Row[]> => {
    throw new Error('database away');
  };
  const reader = createCache({}, { system: on, tiers: [shared] }).entity('product', failing, options);
  expect(await reader.getEntry(1)).toMatchObject({ state: 'stale', tier: 'shared', value: { version: 1 } });
  await expect(reader.get(2)).rejects.toThrow('database away');
});

/** One life of a cache over a tier and a table, both of which go wrong in turn. Nobody may ever get a row older than one whose invalidation was acknowledged. */
async function scenario(faults: FaultInjector, clock: Clock): Promise<void> {
  const test = clock as TestClock;
  const on = { ...testSystem(), clock: test };
  const cache = createCache({}, { system: on, events: silent, tiers: [new FailingTier(sharedTier(on), faults)] });
  const versions = new Map([
    [1, 1],
    [2, 1],
  ]);
  const load = (ids: readonly number[]) => faults.call('load', async () => ids.map((id) => ({ id, version: versions.get(id) ?? 0 })));
  const product = cache.entity('product', load, { key: ({ id }: Row) => id, ttl: '1m', jitter: 0, staleFor: '10s', staleIfError: '10m', loadTimeout: '2s' });
  const ask = async (ids: readonly number[], atLeast: number): Promise<void> => {
    const asking = Promise.allSettled(ids.map((id) => product.get(id, { timeout: '5s' })));
    await test.advance(5000);
    for (const outcome of await asking) if (outcome.status === 'fulfilled') expect(outcome.value?.version).toBeGreaterThanOrEqual(atLeast);
  };
  const write = async (id: number, drop: () => Promise<unknown>): Promise<void> => {
    versions.set(id, (versions.get(id) ?? 0) + 1);
    const dropping = drop();
    await test.advance(1000);
    await dropping;
  };
  await ask([1, 2], 1);
  await write(1, () => product.invalidate(1));
  await ask([1], 2);
  await write(2, () => product.set(2, { id: 2, version: 2 }));
  await ask([2], 2);
  await write(1, () => cache.invalidate({ entity: 'product' }));
  await test.advance(60_000);
  await ask([1], 3);
  await ask([1, 2], 2);
  await test.advance(125_000);
  await cache.stop();
  expect(cache.stats().loadsInFlight).toBe(0);
  expect(test.pending).toBe(0);
}

it('X3 C8 every call of tier and loader fails once in five ways: no row older than its invalidation, nothing left behind', async () => {
  const report = await failAtN(scenario, { clock: () => new TestClock() });
  for (const kind of faultKinds) expect(report.fired[kind]).toBeGreaterThanOrEqual(10);
});

it('X3 a caller who leaves in the middle leaves nothing behind', async () => {
  const { on, make } = setUp('hang', 1);
  const { cache, product } = make();
  const context = contextFor('request', {}, on);
  const outcome = expect(product.get(1, context)).rejects.toMatchObject({ code: 'MILLRACE_ABORTED' });
  await settle();
  context.abort();
  await outcome;
  await settle();
  expect(cache.stats().loadsInFlight).toBe(0);
  expect(on.clock.pending).toBe(0);
});
