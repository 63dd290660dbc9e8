import { type Cache, createCache, RedisTier } from 'millrace/cache';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootContext, silent, system } from '../../../src/kernel/index.ts';
import { Redis, type RedisOptions } from '../../../src/redis/index.ts';
import { testTier } from '../../../src/testing/index.ts';
import { type ScratchCluster, type ScratchSentinel, startCluster, startSentinel } from '../redis/scratch.ts';

/* A Redis Cluster of three masters with replicas, and a master with a replica under three Sentinels: real processes, killed in the middle. */

const context = () => rootContext(system, 'test', { timeout: '10s' });
const patient = { commandTimeout: '2s' } as const;
const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (let turn = 0; turn < 1500; turn++) {
    if (await holds()) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within 30 s: ${what}`);
};
const connected = async (options: RedisOptions): Promise<Redis> => {
  const redis = new Redis({ ...patient, ...options }, { system, events: silent });
  await redis.start();
  return redis;
};

/**
 * Two processes' worth of caches over one tier, without a channel between them. Rows have versions; a turn changes one, drops it in the one process, and reads it in
 * the other with an empty memory: nothing but tier and loader answers.
 */
const fleetOf = (one: Redis, two: Redis, shards: number) => {
  const rows = new Map(Array.from({ length: 60 }, (_, id) => [id, 1]));
  const load = async (ids: readonly number[]) => ids.map((id) => ({ id, version: rows.get(id) ?? 0 }));
  const cacheOn = (redis: Redis) => createCache({ tierBudget: '500ms' }, { tiers: [new RedisTier(redis, { prefix: 'fleet:', shards })] });
  const entityOn = (cache: Cache) => cache.entity('row', load, { key: ({ id }) => id, ttl: '1h' });
  const writing = cacheOn(one);
  const writer = entityOn(writing);
  const answers = { asked: 0, failed: 0, old: 0 };
  const read = async (id: number): Promise<void> => {
    const newest = rows.get(id) as number;
    answers.asked++;
    const row = await entityOn(cacheOn(two))
      .get(id)
      .catch(() => undefined);
    if (!row) answers.failed++;
    else if (row.version < newest) answers.old++;
  };
  const turn = async (): Promise<void> => {
    const id = answers.asked % 60;
    rows.set(id, (rows.get(id) ?? 0) + 1);
    await writer.invalidate(id);
    await read(id);
  };
  const turns = async (count: number): Promise<typeof answers> => {
    Object.assign(answers, { asked: 0, failed: 0, old: 0 });
    for (let round = 0; round < count; round++) await turn();
    return { ...answers };
  };
  /** What was not told during the outage is told, and the tier answers. */
  const isWhole = async (): Promise<boolean> => {
    const { asked, misses, hits, errors } = { asked: 0, ...(writing.stats().tiers[1] as { misses: number; hits: number; errors: number }) };
    await writer.invalidate(asked);
    await writer.get(asked);
    const now = writing.stats().tiers[1] as { misses: number; hits: number; errors: number; isDistrusted: boolean };
    return !now.isDistrusted && now.misses + now.hits > misses + hits && now.errors === errors;
  };
  const readAll = async (): Promise<typeof answers> => {
    Object.assign(answers, { asked: 0, failed: 0, old: 0 });
    for (const id of rows.keys()) await read(id);
    return { ...answers };
  };
  /** Every row is changed and dropped, and nobody reads. */
  const dropAll = async (): Promise<void> => {
    for (const [id, version] of rows) {
      rows.set(id, version + 1);
      await writer.invalidate(id);
    }
  };
  return { turns, isWhole, readAll, dropAll };
};

describe('a Cluster', () => {
  let cluster: ScratchCluster;
  let one: Redis;
  let two: Redis;
  let made = 0;
  beforeAll(async () => {
    cluster = await startCluster();
    one = await connected({ nodes: cluster.nodes.slice(0, 3) });
    two = await connected({ nodes: cluster.nodes.slice(0, 3) });
  });
  afterAll(async () => {
    await one.stop();
    await two.stop();
    await cluster.stop();
  });

  describe('as any tier', () => {
    testTier(
      { it },
      async () => {
        const tier = new RedisTier(one, { prefix: `c${made++}:`, shards: 16 });
        await tier.invalidate({ tag: 'first touch' }, context());
        return { tier, context, wallMs: () => system.clock.wallMs(), close: () => Promise.resolve() };
      },
      { grantsLeases: true },
    );
  });

  it('C13 C11 keys are spread over the masters, and many of them are read and dropped over all of them', async () => {
    const tier = new RedisTier(one, { prefix: 'spread:', shards: 16 });
    const keys = Array.from({ length: 400 }, (_, at) => `page:${at}:x`);
    const now = system.clock.wallMs();
    const times = { storedAtMs: now, freshUntilMs: now + 600_000, staleForMs: 0, graceMs: 0 };
    await tier.set(
      keys.map((key) => ({ key, envelope: { value: key, ...times, tags: ['all'], version: '', confidence: undefined }, fence: undefined })),
      context(),
    );
    const sizes = await Promise.all([0, 1, 2].map(async (node) => Number(/:(\d+)/.exec(await cluster.ask(node, 'DBSIZE'))?.[1])));
    expect(sizes.every((size) => size > 20)).toBe(true);
    expect((await tier.get(keys, context())).entries.map((entry) => entry?.value)).toEqual(keys);
    expect(await tier.invalidate({ pattern: 'page:1*' }, context())).toBe(111);
    expect(await tier.invalidate({ tag: 'all' }, context())).toBe(289);
    expect((await tier.get(keys, context())).entries.filter(Boolean)).toEqual([]);
  });

  it('C13 C12 a master is killed and its replica takes over: no read fails, and once all is told none is old', async () => {
    const { turns, isWhole, readAll } = fleetOf(one, two, 16);
    expect(await turns(60)).toEqual({ asked: 60, failed: 0, old: 0 });
    await cluster.servers[1]?.kill();
    expect(await turns(60)).toMatchObject({ asked: 60, failed: 0 }); // the healthy masters may lack what could not be told yet
    await cluster.failOver(1);
    await until('the writer has told what was missed', isWhole);
    expect(await readAll()).toEqual({ asked: 60, failed: 0, old: 0 });
    expect(await turns(120)).toEqual({ asked: 120, failed: 0, old: 0 });
  });

  it('C13 O2 a database number with a Cluster is refused', () => {
    expect(() => new Redis({ url: 'redis://127.0.0.1:6379/2', nodes: cluster.nodes }, { system, events: silent })).toThrow(/database 0 only/);
  });
});

describe('a master under Sentinels', () => {
  let sentinel: ScratchSentinel;
  let one: Redis;
  let two: Redis;
  beforeAll(async () => {
    sentinel = await startSentinel();
    one = await connected({ nodes: sentinel.nodes, mode: 'sentinel' });
    two = await connected({ nodes: sentinel.nodes, mode: 'sentinel' });
  });
  afterAll(async () => {
    await one.stop();
    await two.stop();
    await sentinel.stop();
  });

  it('C13 C12 the master is killed and the replica is named: no read fails, and once all is told none is old', async () => {
    const { turns, isWhole, readAll } = fleetOf(one, two, 1);
    expect(await turns(60)).toEqual({ asked: 60, failed: 0, old: 0 });
    await sentinel.killMaster();
    expect(await turns(60)).toMatchObject({ asked: 60, failed: 0 });
    await until('the writer has told what was missed', isWhole);
    expect(await readAll()).toEqual({ asked: 60, failed: 0, old: 0 });
    expect(await turns(120)).toEqual({ asked: 120, failed: 0, old: 0 });
  });

  it('C12 C13 a replica that missed what its master had confirmed is named: nothing that was dropped comes back', async () => {
    const fresh = await startSentinel();
    const [third, fourth] = [await connected({ nodes: fresh.nodes, mode: 'sentinel' }), await connected({ nodes: fresh.nodes, mode: 'sentinel' })];
    const { dropAll, readAll, isWhole } = fleetOf(third, fourth, 1);
    await readAll();
    expect(await readAll()).toEqual({ asked: 60, failed: 0, old: 0 });
    await new Promise<void>((resolve) => setTimeout(resolve, 300)); // what was filled reaches the replica
    await fresh.deafenReplica();
    await dropAll();
    const named = fresh.killMaster();
    fresh.replica.thaw();
    await named;
    await until('the tier answers', isWhole);
    expect(await readAll()).toEqual({ asked: 60, failed: 0, old: 0 });
    await third.stop();
    await fourth.stop();
    await fresh.stop();
  });
});
