import { setTimeout as sleep } from 'node:timers/promises';
import { createCache, RedisTier, type Tier } from '../../../packages/millrace/src/cache/index.ts';
import { silent, system } from '../../../packages/millrace/src/kernel/index.ts';
import { Redis } from '../../../packages/millrace/src/redis/index.ts';
import type { Bench, LoadSide } from '../../harness/figure.ts';

const loadMs = 5;
const keys = 100;
const url = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';

/** Cold keys one after the other, each loaded in 5 ms. */
const coldSide = (get: (id: string) => Promise<unknown>, close: () => Promise<void>): LoadSide => {
  let round = 0;
  return {
    async round() {
      round++;
      const startedMs = performance.now();
      for (let at = 0; at < keys; at++) if ((await get(`${round}-${at}`)) === undefined) throw new Error('a row was expected every time');
      return { coldMs: (performance.now() - startedMs) / keys };
    },
    close,
  };
};

function millraceSide(tiers: readonly Tier[], close: () => Promise<void>): LoadSide {
  const cache = createCache({}, { tiers });
  const load = async (ids: readonly string[]) => {
    await sleep(loadMs);
    return ids.map((id) => ({ id, name: `row ${id}` }));
  };
  const entity = cache.entity('row', load, { key: ({ id }) => id, ttl: '1m' });
  return coldSide(
    (id) => entity.get(id),
    async () => {
      await cache.stop();
      await close();
    },
  );
}

async function fleetSide(): Promise<LoadSide> {
  const redis = new Redis({ url, commandTimeout: '1s' }, { system, events: silent });
  await redis.start();
  return millraceSide([new RedisTier(redis, { prefix: `bench-one-load-${process.pid}:` })], () => redis.stop());
}

async function bentoSide(): Promise<LoadSide> {
  const { BentoCache, bentostore } = await import('bentocache');
  const { memoryDriver } = await import('bentocache/drivers/memory');
  const { redisDriver } = await import('bentocache/drivers/redis');
  const { hostname: host, port } = new URL(url);
  const store = bentostore()
    .useL1Layer(memoryDriver({ maxItems: 10_000 }))
    .useL2Layer(redisDriver({ connection: { host, port: Number(port || 6379) } }));
  const cache = new BentoCache({ default: 'tiered', stores: { tiered: store }, prefix: `bench-one-load-${process.pid}` });
  const factory = async (id: string) => {
    await sleep(loadMs);
    return { id, name: `row ${id}` };
  };
  return coldSide(
    (id) => cache.getOrSet({ key: id, factory: () => factory(id), ttl: '1m' }),
    async () => {
      await cache.clear();
      await cache.disconnectAll();
    },
  );
}

export const bench: Bench = {
  area: 'cache',
  rounds: 11,
  pinned: false,
  setting:
    'a hundred cold keys one after the other, a loader of 5 ms; fleet: with a Redis tier, asked first and asked whose turn it is; local: memory alone; bentocache: two tiers',
  packages: ['bentocache'],
  sides: { fleet: fleetSide, local: () => millraceSide([], async () => {}), bentocache: bentoSide },
  figures: [
    {
      id: 'cache/one-load-cold',
      question: 'What does a cold read cost that asks all processes whose turn it is, against one that asks nobody?',
      metric: 'coldMs',
      ours: 'fleet',
      peer: 'local',
      goal: { direction: 'atMost', ratio: 1.2 },
    },
    {
      id: 'cache/one-load-cold-bentocache',
      question: 'And against bentocache, which asks its second tier and no process?',
      metric: 'coldMs',
      ours: 'fleet',
      peer: 'bentocache',
    },
  ],
};
