import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createCache } from '../../../packages/millrace/src/cache/index.ts';
import type { Bench, LoadSide } from '../../harness/figure.ts';

const entries = 200_000;
const value = { id: 'shared', name: 'one value for all, so that only the upkeep of an entry is weighed' };

/** Bytes in use, typed arrays included, after a full collection. */
function bytesInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Text ids of a usual length, made before they are counted: both sides keep the texts of their callers. */
const textIds = (): string[] => JSON.parse(JSON.stringify(Array.from({ length: entries }, (_, at) => `customer-${at}`))) as string[];
const numberIds = (): number[] => Array.from({ length: entries }, (_, at) => at * 3 + 1);

const weighed = <Id>(ids: Id[], fill: (ids: Id[]) => Promise<unknown>): LoadSide => ({
  async round() {
    const before = bytesInUse();
    const kept = await fill(ids);
    const bytes = bytesInUse() - before;
    if (!kept) throw new Error('nothing was kept');
    return { bytesPerEntry: bytes / entries };
  },
});

async function inMillrace<Id extends string | number>(ids: Id[]): Promise<unknown> {
  const cache = createCache({ memory: { size: '1GiB' } });
  const entity = cache.entity('customer', async (asked: readonly Id[]) => asked.map((id) => ({ ...value, id })), { key: ({ id }) => id, size: () => 100 });
  for (const id of ids) await entity.set(id, value as never);
  if (cache.stats().entities[0]?.entries !== entries) throw new Error('some were not kept');
  return entity;
}

async function inLru<Id extends string | number>(ids: Id[]): Promise<unknown> {
  const { LRUCache } = await import('lru-cache');
  const cache = new LRUCache<Id, object>({ max: entries, maxSize: 2 ** 30, ttl: 3_600_000, sizeCalculation: () => 100 });
  for (const id of ids) cache.set(id, value);
  if (cache.size !== entries) throw new Error('some were not kept');
  return cache;
}

export const bench: Bench = {
  area: 'cache',
  rounds: 11,
  pinned: false,
  setting:
    '200,000 entries with one shared value, TTL, size known; heap and typed arrays after a full collection, ids not counted; lru-cache with max (just these), maxSize and ttl',
  packages: ['lru-cache'],
  sides: {
    millrace: () => weighed(textIds(), inMillrace),
    'lru-cache': () => weighed(textIds(), inLru),
    'millrace-numbers': () => weighed(numberIds(), inMillrace),
    'lru-cache-numbers': () => weighed(numberIds(), inLru),
  },
  figures: [
    {
      id: 'cache/heap-per-entry',
      question: 'What does an entry cost in memory, beside its id and value, against lru-cache?',
      metric: 'bytesPerEntry',
      ours: 'millrace',
      peer: 'lru-cache',
      goal: { direction: 'atMost', ratio: 1.5 },
    },
    {
      id: 'cache/heap-per-entry-numbers',
      question: 'And with ids that are whole numbers?',
      metric: 'bytesPerEntry',
      ours: 'millrace-numbers',
      peer: 'lru-cache-numbers',
      goal: { direction: 'atMost', ratio: 1.5 },
    },
  ],
};
