import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheMigrations, DiskTier, type Envelope, PostgresTier, RedisTier, type Tier } from '../../../packages/millrace/src/cache/index.ts';
import { decodeEnvelope, encodeEnvelope } from '../../../packages/millrace/src/cache/tiers/codec/index.ts';
import { createDatabase, migrate } from '../../../packages/millrace/src/database/index.ts';
import { rootContext, silent, system } from '../../../packages/millrace/src/kernel/index.ts';
import { Redis as MillraceRedis } from '../../../packages/millrace/src/redis/index.ts';
import type { Bench, MicroSide } from '../../harness/figure.ts';

const entries = 20_000;
const atOnce = 100;
const keyOf = (at: number): string => `profile:${at % entries}`;
const profileOf = (at: number): object => ({ id: at, name: `user ${at}`, text: 'y'.repeat(900) });
const nowMs = Date.now();
const envelopeOf = (value: object): Envelope => ({
  ...{ value, storedAtMs: nowMs, freshUntilMs: nowMs + 3_600_000, staleForMs: 0, graceMs: 0 },
  ...{ tags: [], version: '1', confidence: undefined },
});
const redisUrl = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
const databaseUrl = process.env['BENCH_DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** A hundred reads of one turn, again and again, handed over as the cache hands them to a tier. One operation is one read. */
const reads = (getMany: (keys: readonly string[]) => Promise<readonly unknown[]>, close: () => Promise<void>): MicroSide => ({
  async run(count) {
    let at = Math.floor(count * 7) % entries;
    for (let left = count; left > 0; left -= atOnce) {
      const turn = Array.from({ length: Math.min(atOnce, left) }, (_, one) => keyOf(at + one * 7919));
      at += 7919 * atOnce;
      if ((await getMany(turn)).includes(undefined)) throw new Error('a hit was expected every time');
    }
  },
  close,
});

async function tierSide(tier: Tier, close: () => Promise<void>): Promise<MicroSide> {
  const context = () => rootContext(system, 'bench', { timeout: '10s' });
  for (let from = 0; from < entries; from += 1000) {
    const writes = Array.from({ length: 1000 }, (_, at) => ({ key: keyOf(from + at), envelope: envelopeOf(profileOf(from + at)), fence: undefined }));
    await tier.set(writes, context());
  }
  return reads(async (keys) => (await tier.get(keys, context())).entries.map((entry) => entry?.value), close);
}

/** A bare client on one connection, with the envelopes and the decoding of the tiers. */
async function redisSide(read: (client: import('ioredis').Redis, names: string[]) => Promise<(string | null)[]>): Promise<MicroSide> {
  const { Redis } = await import('ioredis');
  const client = new Redis(redisUrl);
  const prefix = `bench-tiers-${process.pid}:`;
  for (let from = 0; from < entries; from += 1000) {
    await client.mset(Array.from({ length: 1000 }, (_, at) => [prefix + keyOf(from + at), encodeEnvelope(envelopeOf(profileOf(from + at)))]).flat());
  }
  const getMany = async (keys: readonly string[]): Promise<readonly unknown[]> => {
    const texts = await read(
      client,
      keys.map((key) => prefix + key),
    );
    return texts.map((text) => (text === null ? undefined : decodeEnvelope(text)?.value));
  };
  return reads(getMany, async () => {
    for (let from = 0; from < entries; from += 1000) await client.unlink(Array.from({ length: 1000 }, (_, at) => prefix + keyOf(from + at)));
    await client.quit();
  });
}

export const bench: Bench = {
  area: 'cache',
  setting:
    '20,000 entries of 1 kB, 100 reads in a turn, the same decoding on every side; disk: one process, file in the page cache; Redis and PostgreSQL local, over TCP',
  pinned: false,
  packages: ['ioredis', 'pg'],
  sides: {
    disk: async () => {
      const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
      const tier = new DiskTier({ directory });
      await tier.start();
      return tierSide(tier, async () => {
        await tier.stop();
        rmSync(directory, { recursive: true });
      });
    },
    postgres: async () => {
      const database = createDatabase({ url: databaseUrl, pool: { minConnections: 1, maxConnections: 4 } });
      await database.start();
      await migrate(cacheMigrations, { mode: 'auto' }, { connect: () => database.connectDirect() });
      const tier = new PostgresTier(database);
      const call = rootContext(system, 'bench', { timeout: '60s' });
      return tierSide(tier, async () => {
        await tier.invalidate({ entity: 'profile' }, call);
        await database.stop('1s');
      });
    },
    redis: async () => {
      const redis = new MillraceRedis({ url: redisUrl, commandTimeout: '2s' }, { system, events: silent });
      await redis.start();
      const tier = new RedisTier(redis, { prefix: `bench-tier-${process.pid}:` });
      return tierSide(tier, async () => {
        await tier.invalidate({ entity: 'profile' }, rootContext(system, 'bench', { timeout: '60s' }));
        await redis.stop();
      });
    },
    'redis-get': () => redisSide((client, names) => Promise.all(names.map((name) => client.get(name)))),
    'redis-mget': () => redisSide((client, names) => client.mget(names)),
  },
  figures: [
    {
      id: 'cache/disk-hit',
      question: 'How many hits a second does the disk tier give, against single GETs of Redis?',
      metric: 'opsPerSecond',
      ours: 'disk',
      peer: 'redis-get',
      goal: { direction: 'atLeast', ratio: 2 },
    },
    {
      id: 'cache/redis-hit',
      question: 'The Redis tier, whose entries are checked and judged by tags at the server, against single GETs of a bare client?',
      metric: 'opsPerSecond',
      ours: 'redis',
      peer: 'redis-get',
      goal: { direction: 'atLeast', ratio: 1.5 },
    },
    {
      id: 'cache/postgres-hit',
      question: 'And the PostgreSQL tier, against MGET of Redis with the same decoding?',
      metric: 'opsPerSecond',
      ours: 'postgres',
      peer: 'redis-mget',
      goal: { direction: 'atLeast', ratio: 0.8 },
    },
  ],
};
