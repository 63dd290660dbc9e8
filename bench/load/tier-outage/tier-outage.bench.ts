import { setTimeout as sleep } from 'node:timers/promises';
import { createCache, RedisTier } from '../../../packages/millrace/src/cache/index.ts';
import { silent, system } from '../../../packages/millrace/src/kernel/index.ts';
import { Redis } from '../../../packages/millrace/src/redis/index.ts';
import type { Bench, LoadSide } from '../../harness/figure.ts';
import { type BenchRedis, startBenchRedis } from '../support/redis.ts';

/*
 * Redis freezes (SIGSTOP): the connection stays, and nothing answers any more. Cold keys are asked for one after the other, with a loader of 5 ms. What does the
 * first one cost beyond the loader, what do those cost that come after the ninth, and how long after the thaw is the tier used again?
 */

const loadMs = 5;
/** Whoever has no answer by then counts with it. Peers that would wait for ever are asked few times. */
const patienceMs = 500;
const load = async (id: string): Promise<{ id: string }> => {
  await sleep(loadMs);
  return { id };
};

interface Asked {
  readonly get: (id: string) => Promise<unknown>;
  /** Is the tier used again? */
  readonly isBack: (() => Promise<boolean>) | undefined;
  readonly close: () => Promise<void>;
}

async function timed(work: Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await Promise.race([work.catch(() => {}), sleep(patienceMs)]);
  return performance.now() - startedMs;
}

/** One freeze. Without a Redis it is the loader alone. */
function freezeSide(calls: number, redis: BenchRedis | undefined, { get, isBack, close }: Asked): LoadSide {
  let round = 0;
  return {
    async round() {
      round++;
      for (let at = 0; at < 5; at++) await get(`warm-${round}-${at}`);
      redis?.freeze();
      const firstMs = await timed(get(`first-${round}`));
      const tookMs: number[] = [];
      for (let at = 0; at < calls; at++) tookMs.push(await timed(get(`cold-${round}-${at}`)));
      const later = tookMs.slice(Math.min(8, calls - 1));
      redis?.thaw();
      const thawedMs = performance.now();
      while (isBack && !(await isBack())) await sleep(5);
      const rejoinMs = isBack ? performance.now() - thawedMs : 0;
      await sleep(100);
      return {
        firstExtraMs: Math.max(0.1, firstMs - loadMs),
        laterMs: later.reduce((sum, ms) => sum + ms, 0) / later.length,
        rejoinMs: Math.max(0.1, rejoinMs),
      };
    },
    async close() {
      await Promise.race([close(), sleep(2000)]);
      await redis?.stop();
    },
  };
}

async function millraceSide(): Promise<LoadSide> {
  const server = await startBenchRedis();
  const redis = new Redis({ url: server.url, commandTimeout: '100ms' }, { system, events: silent });
  await redis.start();
  const cache = createCache({}, { tiers: [new RedisTier(redis)] });
  const row = cache.entity('row', async (ids: readonly string[]) => Promise.all(ids.map(load)), { key: ({ id }) => id, ttl: '1m' });
  let asked = 0;
  const answered = (): number => cache.stats().tiers[1]?.misses ?? 0;
  return freezeSide(60, server, {
    get: (id) => row.get(id),
    isBack: async () => {
      const before = answered();
      await row.get(`back-${asked++}`);
      return answered() > before;
    },
    close: async () => {
      await cache.stop();
      await redis.stop();
    },
  });
}

async function bentoSide(): Promise<LoadSide> {
  const server = await startBenchRedis();
  const { BentoCache, bentostore } = await import('bentocache');
  const { memoryDriver } = await import('bentocache/drivers/memory');
  const { redisDriver } = await import('bentocache/drivers/redis');
  const store = bentostore()
    .useL1Layer(memoryDriver({ maxItems: 10_000 }))
    .useL2Layer(redisDriver({ connection: { host: '127.0.0.1', port: server.port } }));
  const cache = new BentoCache({ default: 'tiered', stores: { tiered: store } });
  return freezeSide(2, server, {
    get: (id) => cache.getOrSet({ key: id, factory: () => load(id), ttl: '1m' }),
    isBack: undefined,
    close: () => cache.disconnectAll(),
  });
}

export const bench: Bench = {
  area: 'cache',
  rounds: 11,
  pinned: false,
  setting: `Redis frozen with SIGSTOP under a loader of ${loadMs} ms, cold keys one after the other; a call without an answer after ${patienceMs} ms counts with that; bentocache with two tiers, otherwise its defaults, asked three times a freeze`,
  packages: ['bentocache'],
  sides: {
    millrace: millraceSide,
    bentocache: bentoSide,
    loader: async () => freezeSide(60, undefined, { get: load, isBack: undefined, close: async () => {} }),
  },
  figures: [
    {
      id: 'cache/outage-first',
      question: 'Redis freezes: what does the first cold read cost beyond its loader?',
      metric: 'firstExtraMs',
      ours: 'millrace',
      peer: 'bentocache',
      goal: { direction: 'atMost', value: 100 },
    },
    {
      id: 'cache/outage-later',
      question: 'And from the tenth on, against the loader alone?',
      metric: 'laterMs',
      ours: 'millrace',
      peer: 'loader',
      goal: { direction: 'atMost', ratio: 1.05 },
    },
    { id: 'cache/outage-later-bentocache', question: 'And against bentocache?', metric: 'laterMs', ours: 'millrace', peer: 'bentocache' },
    {
      id: 'cache/outage-rejoin',
      question: 'How long after the thaw is the tier used again, with a breaker that rests for a second?',
      metric: 'rejoinMs',
      ours: 'millrace',
      peer: 'millrace',
      goal: { direction: 'atMost', value: 2000 },
    },
  ],
};
