import { expect, it } from 'vitest';
import {
  countingIds,
  RecordedEvents,
  seededRandom,
  settle,
  testSystem,
  WorldClock,
  WorldConnection,
  WorldNetwork,
  WorldProcess,
  WorldSharedTier,
  WorldTierServer,
} from '../../testing/index.ts';
import { type CacheEvents, type CacheOptions, createCache, type EntityOptions } from '../index.ts';
import { Popular } from './popular.ts';

interface Row {
  readonly id: number;
}
const minute = 60_000;

const setUp = async (options: Partial<EntityOptions<number, Row>> = {}, cacheOptions: CacheOptions = {}) => {
  const on = testSystem();
  const events = new RecordedEvents<CacheEvents>();
  const cache = createCache(cacheOptions, { system: on, events });
  const asked: number[][] = [];
  const broken = new Set<number>();
  const onLoad = { do: (): void => {} };
  const load = async (ids: readonly number[]): Promise<Row[]> => {
    asked.push([...ids]);
    onLoad.do();
    if (ids.some((id) => broken.has(id))) throw new Error('the loader is broken');
    return ids.map((id) => ({ id }));
  };
  const item = cache.entity('item', load, { key: ({ id }) => id, jitter: 0, ttl: '6m', warm: true, ...options });
  await cache.start();
  const use = async (id: number, times = 1): Promise<void> => {
    for (let time = 0; time < times; time++) await item.get(id);
  };
  /** The wall clock of the test system begins at a full minute or not: up to the next full five minutes, and a moment. */
  const nextRound = async (): Promise<void> => {
    const wallMs = on.clock.wallMs();
    await on.clock.advance(5 * minute - (wallMs % (5 * minute)));
    await settle();
  };
  return { on, events, cache, item, asked, broken, onLoad, use, nextRound };
};

it('C9 what is used is loaded anew before its time is over, and whoever asks then waits for nothing', async () => {
  const { cache, item, asked, use, nextRound } = await setUp();
  await nextRound();
  await use(7);
  await nextRound(); // one of its six minutes is left
  expect(asked).toEqual([[7], [7]]);
  expect(cache.stats().warming).toMatchObject({ refreshed: 1, failed: 0 });
  await nextRound();
  await item.get(7);
  expect(asked).toHaveLength(3);
  expect(item.stats().misses).toBe(1);
});

it('C9 what has time until the next round, and what nobody asked for, is left alone', async () => {
  const { item, asked, use, nextRound } = await setUp({ ttl: '1h' });
  await item.set(1, { id: 1 });
  await use(7);
  await nextRound();
  expect(asked).toEqual([[7]]);
});

it('C9 only entities that ask for it are kept fresh, and only the most used ids of them', async () => {
  const { asked, use, nextRound } = await setUp({ warm: { keys: 2 } });
  await nextRound();
  for (const [id, times] of [
    [1, 1],
    [2, 200],
    [3, 400],
  ] as const)
    await use(id, times);
  await nextRound();
  expect(asked.at(-1)).toEqual([3, 2]);
  const other = await setUp({ warm: false });
  await other.use(7, 300);
  await other.nextRound();
  await other.nextRound();
  expect(other.asked).toEqual([[7]]);
});

it('C9 newer use counts more: what was used much long ago gives way', async () => {
  const { asked, use, nextRound } = await setUp({ warm: { keys: 1 } });
  await use(1, 640);
  for (let round = 0; round < 6; round++) await nextRound();
  await use(2, 128);
  await nextRound();
  expect(asked.at(-1)).toEqual([2]);
});

it('C9 a batch that fails keeps nobody from the next, and is counted', async () => {
  const { cache, events, broken, use, nextRound } = await setUp({ maxBatch: 1 }, { warming: { concurrency: 1 } });
  await nextRound();
  for (const id of [1, 2, 3]) await use(id);
  broken.add(2);
  await nextRound();
  expect(cache.stats().warming).toMatchObject({ refreshed: 2, failed: 1 });
  expect(events.seen.findLast(([name]) => name === 'cache.warmed')?.[1]).toMatchObject({ refreshed: 2, failed: 1 });
});

it('C9 at most so many batches are loaded at once', async () => {
  const on = testSystem();
  const cache = createCache({ warming: { concurrency: 2, schedule: '*/10 * * * * *' } }, { system: on });
  let [running, most] = [0, 0];
  const item = cache.entity(
    'item',
    async (ids: readonly number[]) => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => setImmediate(resolve));
      running--;
      return ids.map((id) => ({ id }));
    },
    { key: ({ id }) => id, ttl: '5s', maxBatch: 1, warm: true },
  );
  await cache.start();
  for (let id = 0; id < 12; id++) await item.get(id);
  most = 0;
  await on.clock.advance(10_000);
  while (cache.stats().warming.refreshed < 12) await new Promise<void>((resolve) => setImmediate(resolve));
  expect(most).toBe(2);
});

it('C9 essential ids are loaded at the start, where it was declared before and where after, and on request', async () => {
  const on = testSystem();
  const cache = createCache({}, { system: on });
  const asked: number[][] = [];
  const load = async (ids: readonly number[]): Promise<Row[]> => {
    asked.push([...ids]);
    return ids.map((id) => ({ id }));
  };
  const before = cache.entity('before', load, { key: ({ id }) => id, warm: { essential: [1, 2] } });
  await cache.start();
  const after = cache.entity('after', load, { key: ({ id }) => id, warm: { essential: async () => [3] } });
  await settle();
  await settle();
  expect(asked).toEqual([[1, 2], [3]]);
  expect([before.peek(1), after.peek(3)]).toEqual([{ id: 1 }, { id: 3 }]);
  await before.invalidate(2);
  expect(await cache.warmEssential()).toBe(3);
  expect(asked.at(-1)).toEqual([2]);
});

it('C9 an entity whose essential ids cannot be found does not keep the others from theirs', async () => {
  const { cache } = await setUp({ warm: { essential: () => Promise.reject(new Error('no list')) } });
  cache.entity('other', async (ids: readonly number[]) => ids.map((id) => ({ id })), { key: ({ id }) => id, warm: { essential: [1] } });
  expect(await cache.warmEssential()).toBe(1);
});

it('C9 nothing is warmed once the cache is stopped, nor with the schedule off', async () => {
  const { cache, asked, use, nextRound } = await setUp();
  await use(7);
  await cache.stop();
  await nextRound();
  await nextRound();
  expect(asked).toEqual([[7]]);
  const off = await setUp({}, { warming: { schedule: 'off' } });
  await off.use(7);
  await off.nextRound();
  await off.nextRound();
  expect(off.asked).toEqual([[7]]);
});

it('C9 a schedule that cannot be read is refused, with what was found', () => {
  expect(() => createCache({ warming: { schedule: '*/5 * * *' } })).toThrow(/cache\.warming\.schedule.*4 fields/);
  expect(() => createCache({ warming: { schedule: '61 * * * *' } })).toThrow(/61.*minute/);
});

it('C9 a round is left out while what is held is in doubt, and goes no further once it is', async () => {
  const { on, cache, item, asked, use, nextRound } = await setUp({ maxBatch: 1, tables: { items: (row) => row.id } }, { warming: { concurrency: 1 } });
  cache.tables.trustUntil(Number.POSITIVE_INFINITY);
  await nextRound();
  for (const id of [1, 2, 3]) await use(id);
  await on.clock.advance(5 * minute - 1000);
  await cache.tables.doubt();
  await nextRound();
  expect(cache.stats().warming).toMatchObject({ skippedRounds: 1, refreshed: 0 });
  expect(asked).toHaveLength(3);
  expect(item.stats().loads).toBe(3);

  const other = await setUp({ maxBatch: 1, tables: { items: (row) => row.id } }, { warming: { concurrency: 1 } });
  await other.nextRound();
  for (const id of [1, 2, 3]) await other.use(id);
  other.onLoad.do = () => void other.cache.tables.doubt();
  await other.nextRound();
  expect(other.asked).toHaveLength(4);
});

it('C9 essential ids are kept fresh by every round too', async () => {
  const { asked, nextRound } = await setUp({ warm: { keys: 0, essential: [1] } });
  await settle();
  await nextRound();
  await nextRound();
  await nextRound();
  expect(asked.length).toBeGreaterThanOrEqual(3);
});

it('C9 C8 essential rows of tables are loaded when their changes are followed: before that they would live for seconds', async () => {
  const on = testSystem();
  const cache = createCache({ warming: { schedule: 'off' } }, { system: on, onTables: () => cache.tables.trustUntil(0) });
  await cache.start();
  const asked: number[][] = [];
  const load = async (ids: readonly number[]): Promise<Row[]> => {
    asked.push([...ids]);
    return ids.map((id) => ({ id }));
  };
  const item = cache.entity('item', load, { key: ({ id }) => id, ttl: '1h', tables: { items: (row) => row.id }, warm: { essential: [1] } });
  await settle();
  expect(asked).toEqual([]);
  for (let heard = 0; heard < 60; heard++) {
    cache.tables.trustUntil(on.clock.monotonicMs() + 5000);
    await on.clock.advance(1000);
  }
  expect(item.peek(1)).toEqual({ id: 1 });
  expect(asked).toEqual([[1]]);
});

it('C9 essential ids that cannot be found are told, once for whoever listens and once for whoever asks', async () => {
  const { events, item } = await setUp({ warm: { essential: () => Promise.reject(new Error('no list')) } });
  await settle();
  expect(events.seen.filter(([name]) => name === 'cache.warming.failed').map(([, told]) => told)).toMatchObject([
    { entity: 'item', error: { message: 'no list' } },
  ]);
  await expect(item.warmEssential()).rejects.toThrow('no list');
});

it('C9 a number and its text are one id, and parts are told apart', () => {
  const popular = new Popular<string>(10);
  popular.note('item:1', '1', 1);
  popular.note('item:1', '1', 1);
  popular.note('item:a:b', 'a:b', 1);
  expect(popular.size).toBe(2);
});

it('C9 X4 a flood of ids asked for once does not push out what is used, and takes bounded room', () => {
  const popular = new Popular<number>(10);
  for (let round = 0; round < 20; round++) for (let id = 0; id < 5; id++) popular.note(`item:${id}`, id, 1);
  for (let id = 1000; id < 50_000; id++) popular.note(`item:${id}`, id, 1);
  expect(popular.size).toBeLessThanOrEqual(40);
  expect(popular.top().slice(0, 5)).toEqual([0, 1, 2, 3, 4]);
});

it('C9 C5 processes that share a tier load what is due once for all of them', async () => {
  const [clock, random] = [new WorldClock(), seededRandom(1)];
  const network = new WorldNetwork(clock, random, { usualMs: 1, slowRatio: 0 });
  const machine = new WorldProcess('tier', clock, random, countingIds());
  const server = new WorldTierServer(clock);
  let loads = 0;
  const fleet = ['a', 'b', 'c'].map((name) => {
    const process = new WorldProcess(name, clock, random, { ...countingIds(), hex: () => `${name}${random.next()}` });
    const cache = createCache({}, { system: process.system, tiers: [new WorldSharedTier('shared', server, new WorldConnection(network, process, machine))] });
    const load = async (ids: readonly number[]): Promise<Row[]> => {
      loads++;
      return ids.map((id) => ({ id }));
    };
    return { cache, item: cache.entity('item', load, { key: ({ id }) => id, jitter: 0, ttl: '6m', warm: true }) };
  });
  for (const { cache } of fleet) void cache.start();
  await clock.run(5 * minute - (clock.wallMs() % (5 * minute)) + 500);
  for (const { item } of fleet) void item.get(7);
  await clock.run(1000);
  expect(loads).toBe(1);
  await clock.run(5 * minute);
  expect(loads).toBe(2);
  expect(fleet.map(({ cache }) => cache.stats().warming.refreshed)).toEqual([1, 1, 1]);
  await clock.run(4 * minute);
  expect(fleet.map(({ item }) => item.peek(7))).toEqual([{ id: 7 }, { id: 7 }, { id: 7 }]);
});
