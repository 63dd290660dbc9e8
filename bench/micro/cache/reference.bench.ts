import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCache, DiskTier, RedisTier, type Tier } from '../../../packages/millrace/src/cache/index.ts';
import { silent, system } from '../../../packages/millrace/src/kernel/index.ts';
import { Redis } from '../../../packages/millrace/src/redis/index.ts';
import type { Bench, LoadSide } from '../../harness/figure.ts';
import { activeIds, reference, referenceCalls } from '../../reference.ts';

const memoryEntries = reference.active / 10;
const together = 50;

/** What is measured. `loaded` counts the rows that had to be loaded so far: one that many wait for is one statement. */
interface Side {
  readonly read: (id: number) => Promise<unknown>;
  readonly write: (id: number) => Promise<unknown>;
  readonly loaded: () => number;
}

/** The workload, `together` calls at a time, as concurrent requests are; other calls in every round, on the same cache. Reads how many of them took no SQL. */
async function hitRateOf({ read, write, loaded }: Side, count: number, seed: number): Promise<number> {
  const next = referenceCalls(seed);
  const before = loaded();
  let reads = 0;
  for (let done = 0; done < count; done += together) {
    const calls = Array.from({ length: together }, next);
    reads += calls.filter(({ isWrite }) => !isWrite).length;
    await Promise.all(calls.map(({ id, isWrite }) => (isWrite ? write(id) : read(id))));
  }
  return 1 - (loaded() - before) / reads;
}

/** `pointsLess`: told beside the hit rate is the same less so many points, so that "four points above" is a ratio of 1. */
function underReference(side: Side, calls: number, pointsLess: number, close: () => Promise<void> = async () => {}): LoadSide {
  let seed = 0;
  return {
    async round() {
      if (seed === 0) await hitRateOf(side, calls * 3, ++seed);
      const hitRate = await hitRateOf(side, calls, ++seed);
      return { hitRate, comparedHitRate: hitRate - pointsLess / 100 };
    },
    close,
  };
}

async function millraceSide(calls: number, tiers: readonly Tier[], close?: () => Promise<void>): Promise<LoadSide> {
  const cache = createCache({ memory: { size: '1GiB', maxEntries: memoryEntries }, tierBudget: '1s' }, { tiers });
  let loaded = 0;
  const load = async (ids: readonly number[]) => {
    loaded += ids.length;
    return ids.map((id) => ({ id, name: `row ${id}`, amount: id * 1.5 }));
  };
  const entity = cache.entity('row', load, { key: ({ id }) => id, ttl: '1h' });
  if (tiers.length > 0) await entity.warm(activeIds());
  const side = { read: (id: number) => entity.get(id), write: (id: number) => entity.invalidate(id), loaded: () => loaded };
  return underReference(side, calls, 4, async () => {
    await cache.stop();
    await close?.();
  });
}

async function allTiers(): Promise<LoadSide> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const disk = new DiskTier({ directory });
  await disk.start();
  const redis = new Redis({ url: process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379', commandTimeout: '1s' }, { system, events: silent });
  await redis.start();
  const shared = new RedisTier(redis, { prefix: `bench-reference-${process.pid}:` });
  return millraceSide(40_000, [disk, shared], async () => {
    await redis.stop();
    await disk.stop();
    rmSync(directory, { recursive: true });
  });
}

async function lruSide(): Promise<LoadSide> {
  const { LRUCache } = await import('lru-cache');
  const cache = new LRUCache<number, object>({ max: memoryEntries, ttl: 3_600_000 });
  let loaded = 0;
  const read = async (id: number): Promise<void> => {
    if (cache.get(id) !== undefined) return;
    loaded++;
    cache.set(id, { id });
  };
  return underReference({ read, write: async (id) => cache.delete(id), loaded: () => loaded }, 200_000, 0);
}

export const bench: Bench = {
  area: 'cache',
  rounds: 11,
  pinned: false,
  setting: `${reference.active.toLocaleString('en')} active of ${reference.rows.toLocaleString('en')} rows, Zipf ${reference.exponent}, ${reference.writeShare * 100} % writes, each dropping its row; measured in the steady state: all active rows have been asked for once; memory for ${memoryEntries.toLocaleString('en')} entries; all tiers: memory, disk and Redis`,
  packages: ['lru-cache'],
  sides: { 'all-tiers': allTiers, memory: () => millraceSide(200_000, []), lru: lruSide },
  figures: [
    {
      id: 'cache/reference-hit-rate',
      question: 'Reference workload: share of reads answered without SQL, with all tiers, beside LRU in memory alone?',
      metric: 'hitRate',
      ours: 'all-tiers',
      peer: 'lru',
      goal: { direction: 'atLeast', value: 0.9 },
    },
    {
      id: 'cache/reference-memory',
      question: 'And out of memory alone with room for a tenth of the active rows, less four points, against LRU?',
      metric: 'comparedHitRate',
      ours: 'memory',
      peer: 'lru',
      goal: { direction: 'atLeast', ratio: 1 },
    },
  ],
};
