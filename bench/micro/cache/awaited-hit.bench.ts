import { createCache } from '../../../packages/millrace/src/cache/index.ts';
import { rootContext, runInContext, system } from '../../../packages/millrace/src/kernel/index.ts';
import { RequestFigures } from '../../../packages/millrace/src/telemetry/index.ts';
import type { Bench, MicroSide } from '../../harness/figure.ts';
import { keys, order, orderMask, profile } from './data.ts';

/** Reads of one request, so that what a request itself costs is small beside them. */
const hitsOfRequest = 20;

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
    '1,000 entries, objects of seven fields, text keys in random order; bentocache with its two tiers and bus on a local Redis, otherwise its defaults; cacheable with its defaults',
  packages: ['bentocache', 'cacheable', 'ioredis', 'lru-cache'],
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
    /** Within a request that is watched, as all are that come over HTTP: each hit is a step of its waterfall. */
    'millrace-watched': async () => {
      const entity = createCache().entity('profile', async (ids: readonly string[]) => ids.map(profile), { key: ({ id }) => id });
      await entity.getMany(keys);
      const requests = new RequestFigures(system);
      const { run } = awaited((key) => entity.get(key));
      return {
        async run(count) {
          for (let left = count; left > 0; left -= hitsOfRequest) {
            const watched = requests.begin('GET', '/profiles');
            const context = rootContext(system, 'profiles', { recorder: watched });
            await runInContext(context, async () => run(Math.min(left, hitsOfRequest)));
            requests.finish(watched, { status: 200 }, context.identity);
          }
        },
      };
    },
    'millrace-plain': async () => {
      const cache = createCache();
      for (const key of keys) await cache.cacheSet(key, profile(key), 3600);
      return awaited((key) => cache.getOrSet(key, async () => profile(key), 3600));
    },
    bentocache: async () => {
      const { BentoCache, bentostore } = await import('bentocache');
      const { memoryDriver } = await import('bentocache/drivers/memory');
      const { redisDriver, redisBusDriver } = await import('bentocache/drivers/redis');
      const { hostname: host, port } = new URL(process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379');
      const connection = { host, port: Number(port || 6379) };
      const store = bentostore()
        .useL1Layer(memoryDriver({ maxItems: 10_000 }))
        .useL2Layer(redisDriver({ connection }))
        .useBus(redisBusDriver({ connection }));
      const cache = new BentoCache({ default: 'tiered', stores: { tiered: store }, prefix: `bench-${process.pid}` });
      for (const key of keys) await cache.set({ key, value: profile(key), ttl: '10m' });
      const close = async (): Promise<void> => {
        await cache.clear();
        await cache.disconnectAll();
      };
      return { ...awaited((key) => cache.getOrSet({ key, factory: async () => profile(key), ttl: '10m' })), close };
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
    {
      id: 'cache/awaited-hit-cacheable',
      question: 'And against cacheable?',
      metric: 'opsPerSecond',
      ours: 'millrace',
      peer: 'cacheable',
      goal: { direction: 'atLeast', ratio: 60 },
    },
    { id: 'cache/awaited-hit-lru-cache', question: 'And against the fetch of lru-cache?', metric: 'opsPerSecond', ours: 'millrace', peer: 'lru-cache' },
    {
      id: 'cache/awaited-hit-map',
      question: 'And against an async function around a bare Map?',
      metric: 'opsPerSecond',
      ours: 'millrace',
      peer: 'map',
      goal: { direction: 'atLeast', ratio: 0.8 },
    },
    {
      id: 'cache/awaited-hit-watched',
      question: 'And twenty hits of a request whose waterfall is drawn, the request and its figures included, against bentocache without any of that?',
      metric: 'opsPerSecond',
      ours: 'millrace-watched',
      peer: 'bentocache',
    },
    {
      id: 'cache/get-or-set-hit',
      question: 'What does a hit of getOrSet cost, against bentocache?',
      metric: 'opsPerSecond',
      ours: 'millrace-plain',
      peer: 'bentocache',
    },
  ],
};
