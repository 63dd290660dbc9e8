import { expect, it } from 'vitest';
import { sleep } from '../kernel/index.ts';
import { countingIds, settle, testSystem } from '../testing/index.ts';
import type { BusTransport } from './bus/index.ts';
import { type CachePorts, createCache, type Tier } from './index.ts';

interface Row {
  readonly id: number;
  readonly version: number;
}

/** A tier that several processes are given, and whose invalidations can be made to wait, or to fail. */
class SlowTier {
  readonly #memory: Tier;
  readonly #name: string;
  #gate: Promise<void> | undefined;
  reads = 0;

  constructor(name: string, on: ReturnType<typeof testSystem>) {
    this.#memory = createCache({}, { system: on }).memory;
    this.#name = name;
  }

  /** Invalidations wait until the function that is returned is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return () => {
      this.#gate = undefined;
      resolve();
    };
  }

  tier({ isShared, canTell = () => true }: { readonly isShared: boolean; readonly canTell?: () => boolean }): Tier {
    const memory = this.#memory;
    const tier: Tier = {
      name: this.#name,
      get: (keys, context) => {
        this.reads++;
        return memory.get(keys, context);
      },
      set: (writes, context) => memory.set(writes, context),
      delete: (keys, context) => memory.delete(keys, context),
      invalidate: async (target, context) => {
        if (!canTell()) throw new Error('out of reach');
        await this.#gate;
        return memory.invalidate(target, context);
      },
      stats: () => memory.stats(),
    };
    return isShared ? { ...tier, forget: async (context) => void (await memory.invalidate({ pattern: '*' }, context)) } : tier;
  }
}

const setUp = () => {
  const on = testSystem();
  let version = 1;
  let loads = 0;
  const process = (name: string, ports: CachePorts) => {
    const cache = createCache({ tierBudget: '10s' }, { system: { ...on, ids: { ...countingIds(), hex: () => name } }, ...ports });
    const load = async (ids: readonly number[]): Promise<Row[]> => {
      loads++;
      return ids.map((id) => ({ id, version }));
    };
    return { cache, product: cache.entity('product', load, { key: ({ id }) => id, ttl: '1h', jitter: 0, tables: { products: (row: Row) => row.id } }) };
  };
  return { on, process, write: () => void version++, loads: () => loads };
};

it('C7 C8 tiers are told from the lowest up: what lies above cannot be filled once more with what the lower one still has', async () => {
  const { on, process, write } = setUp();
  const [disk, shared] = [new SlowTier('disk', on), new SlowTier('shared', on)];
  const tiers = () => [disk.tier({ isShared: false }), shared.tier({ isShared: true })];
  const [one, two, elsewhere] = [process('one', { tiers: tiers() }), process('two', { tiers: tiers() }), process('three', { tiers: tiers().slice(1) })];
  await elsewhere.product.get(7);
  await settle();
  write();
  const release = shared.hold();
  const told = one.product.invalidate(7);
  await settle();
  expect(await two.product.getEntry(7)).toMatchObject({ tier: 'shared', value: { version: 1 } }); // nobody was told yet that it is dropped
  await settle();
  release();
  await told;
  expect(await one.product.get(7)).toMatchObject({ version: 2 });
});

it('C7 rows that have changed are gone from memory at once, however long a tier takes to drop the first of them', async () => {
  const { on, process } = setUp();
  const shared = new SlowTier('shared', on);
  const { cache, product } = process('one', { tiers: [shared.tier({ isShared: true })] });
  await product.getMany([1, 2, 3]);
  await settle();
  const release = shared.hold();
  const told = cache.invalidate({ table: 'products', rows: [{ id: 1 }, { id: 2 }, { id: 3 }] });
  expect([1, 2, 3].map((id) => product.peek(id))).toEqual([undefined, undefined, undefined]);
  release();
  expect(await told).toBe(3);
});

it('C12 what a tier was told late is dropped once more above it, where others of the host may have put it meanwhile', async () => {
  const { on, process, write } = setUp();
  const [disk, shared] = [new SlowTier('disk', on), new SlowTier('shared', on)];
  let isReachable = true;
  const one = process('one', { tiers: [disk.tier({ isShared: false }), shared.tier({ isShared: true, canTell: () => isReachable })] });
  const two = process('two', { tiers: [disk.tier({ isShared: false }), shared.tier({ isShared: true })] });
  await one.product.get(7);
  await settle();
  write();
  isReachable = false;
  await one.product.invalidate(7);
  await two.product.get(7); // the shared tier still has it, and the disk has it again
  await settle();
  isReachable = true;
  await on.clock.advance(2000);
  expect(await one.product.get(7)).toMatchObject({ version: 2 });
});

it('C8 C12 who could not tell the shared tier what it wrote does not take it from the disk, which others of the host may have filled from there', async () => {
  const { on, process, write } = setUp();
  const [disk, shared] = [new SlowTier('disk', on), new SlowTier('shared', on)];
  const one = process('one', { tiers: [disk.tier({ isShared: false }), shared.tier({ isShared: true, canTell: () => false })] });
  const two = process('two', { tiers: [disk.tier({ isShared: false }), shared.tier({ isShared: true })] });
  await one.product.get(7);
  await settle();
  write();
  await one.product.invalidate(7);
  expect(await two.product.getEntry(7)).toMatchObject({ tier: 'shared', value: { version: 1 } }); // it does not know yet
  await settle();
  expect(await one.product.get(7)).toMatchObject({ version: 2 });
});

const channel = () => {
  const ears = new Set<(message: string) => void>();
  let isLosing = (_message: string): boolean => false;
  const transport = (): BusTransport => ({
    name: 'channel',
    publish: async (message) => {
      if (!isLosing(message)) for (const ear of ears) ear(message);
    },
    subscribe: async (ear) => {
      ears.add(ear);
      return async () => void ears.delete(ear);
    },
    onRestored: () => () => {},
  });
  const lose = (which: (message: string) => boolean): void => {
    isLosing = which;
  };
  return { transport, lose };
};

const twoHosts = async () => {
  const { on, process, write, loads } = setUp();
  const { transport, lose } = channel();
  const make = async (name: string) => {
    const disk = new SlowTier('disk', on);
    const made = process(name, { tiers: [disk.tier({ isShared: false })], bus: transport() });
    await made.cache.start();
    return { ...made, disk };
  };
  const [one, two] = [await make('one'), await make('two')];
  await on.clock.advance(1000);
  await two.product.get(7);
  await settle();
  return { on, one, two, write, loads, lose };
};

it('C7 what one process invalidates is gone from the disk of every other host as well', async () => {
  const { on, one, two, write } = await twoHosts();
  write();
  const told = one.product.invalidate(7);
  await on.clock.advance(2);
  await told;
  expect(await two.product.get(7)).toMatchObject({ version: 2 });
});

it('C8 when a message was lost, the disk of a host is believed no more than its memory', async () => {
  const { on, one, two, write, lose } = await twoHosts();
  lose((message) => message.includes('product:7'));
  write();
  const told = one.product.invalidate(7);
  await on.clock.advance(2);
  await told;
  await on.clock.advance(1000);
  expect(await two.product.get(7)).toMatchObject({ version: 2 });
});

it('C8 who hears no more of the others asks neither his memory nor the disk of his host', async () => {
  const { on, two, write, lose } = await twoHosts();
  lose(() => true);
  write();
  await on.clock.advance(5001);
  const { reads } = two.disk;
  expect(two.product.peek(7)).toBeUndefined();
  expect(await two.product.get(7)).toMatchObject({ version: 2 });
  expect(two.disk.reads).toBe(reads);
});

it('C8 when nothing was heard of the tables for too long, neither memory nor a tier gives what is older than that, and afterwards they do', async () => {
  const { on, process, write } = setUp();
  const shared = new SlowTier('shared', on);
  const { cache, product } = process('one', { tiers: [shared.tier({ isShared: true })] });
  cache.tables.trustUntil(5000);
  await product.get(7);
  await settle();
  write();
  await on.clock.advance(4999);
  expect(await product.get(7)).toMatchObject({ version: 1 });
  await on.clock.advance(1);
  expect(product.peek(7)).toBeUndefined();
  expect(await product.getEntry(7)).toMatchObject({ tier: 'loader', value: { version: 2 } });
  cache.tables.trustUntil(Number.POSITIVE_INFINITY);
  expect(product.peek(7)).toMatchObject({ version: 2 });
});

it('C8 while memory is not trusted nobody is told what a search brings that began long before he asked', async () => {
  const on = testSystem();
  const cache = createCache({}, { system: on });
  const waiting: (() => void)[] = [];
  let version = 1;
  const load = (ids: readonly number[]): Promise<Row[]> => {
    const rows = ids.map((id) => ({ id, version }));
    return new Promise((resolve) => waiting.push(() => resolve(rows)));
  };
  const product = cache.entity('product', load, { key: ({ id }) => id, ttl: '1h', tables: { products: (row: Row) => row.id } });
  cache.tables.trustUntil(5000);
  const before = product.get(7);
  await on.clock.advance(6000); // the process has stood still, say
  version = 2;
  const after = product.get(7);
  await settle();
  waiting[0]?.();
  expect(await before).toMatchObject({ version: 1 });
  await settle();
  waiting[1]?.();
  expect(await after).toMatchObject({ version: 2 });
});

it('C8 a row that took long to load is as old as its load: while nobody follows the tables it is given for that much shorter', async () => {
  const on = testSystem();
  const cache = createCache({}, { system: on });
  let version = 1;
  const load = async (ids: readonly number[]): Promise<Row[]> => {
    const rows = ids.map((id) => ({ id, version }));
    if (version === 1) await sleep(on.clock, 3000);
    return rows;
  };
  const product = cache.entity('product', load, { key: ({ id }) => id, ttl: '1h', tables: { products: (row: Row) => row.id } });
  cache.tables.trustUntil(0);
  const loading = product.get(7);
  await on.clock.advance(3000);
  expect(await loading).toMatchObject({ version: 1 });
  version = 2;
  await on.clock.advance(1500);
  expect(await product.get(7)).toMatchObject({ version: 2 });
});

it('C8 whoever could not tell the shared tier says nothing about the tables to the others, until it has', async () => {
  const { on, process } = setUp();
  const { transport } = channel();
  const shared = new SlowTier('shared', on);
  let isReachable = true;
  const reader = process('reader', { bus: transport(), tiers: [shared.tier({ isShared: true, canTell: () => isReachable })] });
  const other = process('other', { bus: transport(), tiers: [shared.tier({ isShared: true })] });
  await Promise.all([reader.cache.start(), other.cache.start()]);
  const heard: string[] = [];
  other.cache.notes?.onNote((note) => heard.push(note));
  await on.clock.advance(1000);
  isReachable = false;
  const told = reader.product.invalidate(7);
  await on.clock.advance(10);
  await told;
  await reader.cache.notes?.say('all is told up to here');
  await on.clock.advance(100);
  expect(heard).toEqual([]);
  isReachable = true;
  await on.clock.advance(3000);
  const said = reader.cache.notes?.say('now it is');
  await on.clock.advance(10);
  await said;
  expect(heard).toEqual(['now it is']);
});
