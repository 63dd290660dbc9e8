import { createCache } from '../../../packages/millrace/src/cache/index.ts';
import type { Bench, MicroSide } from '../../harness/figure.ts';
import { keys, order, orderMask, profile } from './data.ts';

/** Awaits one hit after the other, as a handler does. */
const awaited = (get: (key: string) => Promise<unknown>): MicroSide => ({
  async run(count) {
    let hits = 0;
    for (let at = 0; at < count; at++) if ((await get(order[at & orderMask] as string)) !== undefined) hits++;
    if (hits !== count) throw new Error(`${count - hits} of ${count} reads found nothing`);
  },
});

export const bench: Bench = {
  area: 'cache',
  setting:
    '1,000 entries, small objects, text keys in random order; bentocache in the mode its second tier needs (values serialized in memory), with no second tier to ask; cacheable with its defaults',
  packages: ['bentocache', 'cacheable', 'lru-cache'],
  sides: {
    map: () => {
      const map = new Map(keys.map((key) => [key, profile(key)]));
      return awaited(async (key) => map.get(key));
    },
    millrace: async () => {
      const entity = createCache().entity('profile', async (ids: readonly string[]) => ids.map(profile), { key: ({ id }) => id });
      await entity.getMany(keys);
      return awaited((key) => entity.get(key));
    },
    'millrace-plain': async () => {
      const cache = createCache();
      for (const key of keys) await cache.cacheSet(key, profile(key), 3600);
      return awaited((key) => cache.getOrSet(key, async () => profile(key), 3600));
    },
    bentocache: async () => {
      const { BentoCache, bentostore } = await import('bentocache');
      const { memoryDriver } = await import('bentocache/drivers/memory');
      const cache = new BentoCache({ default: 'memory', stores: { memory: bentostore().useL1Layer(memoryDriver({ maxItems: 10_000 })) } });
      for (const key of keys) await cache.set({ key, value: profile(key), ttl: '1h' });
      return { ...awaited((key) => cache.getOrSet({ key, factory: async () => profile(key), ttl: '1h' })), close: () => cache.disconnectAll() };
    },
    cacheable: async () => {
      const { Cacheable } = await import('cacheable');
      const cache = new Cacheable({ ttl: '1h' });
      for (const key of keys) await cache.set(key, profile(key));
      return awaited((key) => cache.getOrSet(key, async () => profile(key)));
    },
    'lru-cache': async () => {
      const { LRUCache } = await import('lru-cache');
      const cache = new LRUCache<string, object>({ max: 10_000, ttl: 3_600_000, fetchMethod: async (key) => profile(key) });
      for (const key of keys) cache.set(key, profile(key));
      return awaited((key) => cache.fetch(key));
    },
  },
  figures: [
    {
      id: 'cache/awaited-hit',
      question: 'What does an awaited hit cost, against bentocache in its two-tier default mode?',
      metric: 'opsPerSecond',
      ours: 'millrace',
      peer: 'bentocache',
      goal: { direction: 'atLeast', ratio: 30 },
    },
    { id: 'cache/awaited-hit-cacheable', question: 'And against cacheable?', metric: 'opsPerSecond', ours: 'millrace', peer: 'cacheable' },
    { id: 'cache/awaited-hit-lru-cache', question: 'And against the fetch of lru-cache?', metric: 'opsPerSecond', ours: 'millrace', peer: 'lru-cache' },
    { id: 'cache/awaited-hit-map', question: 'And against an async function around a bare Map?', metric: 'opsPerSecond', ours: 'millrace', peer: 'map' },
    {
      id: 'cache/get-or-set-hit',
      question: 'What does a hit of getOrSet cost, against bentocache?',
      metric: 'opsPerSecond',
      ours: 'millrace-plain',
      peer: 'bentocache',
    },
  ],
};
