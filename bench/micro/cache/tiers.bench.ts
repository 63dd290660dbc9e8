import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheMigrations, DiskTier, type Envelope, PostgresTier, type Tier } from '../../../packages/millrace/src/cache/index.ts';
import { createDatabase, migrate } from '../../../packages/millrace/src/database/index.ts';
import { rootContext, system } from '../../../packages/millrace/src/kernel/index.ts';
import type { Bench, MicroSide } from '../../harness/figure.ts';

const entries = 20_000;
const atOnce = 100;
const keyOf = (at: number): string => `profile:${at % entries}`;
const profileOf = (at: number): object => ({ id: at, name: `user ${at}`, text: 'y'.repeat(900) });
const redisUrl = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
const databaseUrl = process.env['BENCH_DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** A hundred reads of one turn, as a busy process has them, again and again. One operation is one read. */
const reads = (get: (key: string) => Promise<unknown>, close: () => Promise<void>): MicroSide => ({
  async run(count) {
    let at = Math.floor(count * 7) % entries;
    for (let left = count; left > 0; left -= atOnce) {
      const turn: Promise<unknown>[] = [];
      for (let one = Math.min(atOnce, left); one > 0; one--) {
        at += 7919;
        turn.push(get(keyOf(at)));
      }
      if ((await Promise.all(turn)).includes(undefined)) throw new Error('a hit was expected every time');
    }
  },
  close,
});

async function tierSide(tier: Tier, close: () => Promise<void>): Promise<MicroSide> {
  const context = () => rootContext(system, 'bench', { timeout: '10s' });
  const nowMs = Date.now();
  const envelope = (value: object): Envelope => ({
    value,
    storedAtMs: nowMs,
    freshUntilMs: nowMs + 3_600_000,
    staleForMs: 0,
    graceMs: 0,
    tags: [],
    version: '1',
    confidence: undefined,
  });
  for (let from = 0; from < entries; from += 1000) {
    const writes = Array.from({ length: 1000 }, (_, at) => ({ key: keyOf(from + at), envelope: envelope(profileOf(from + at)), fence: undefined }));
    await tier.set(writes, context());
  }
  return reads(async (key) => (await tier.get([key], context())).entries[0]?.value, close);
}

/** A client that stringifies and parses, on one connection. */
async function redisSide(read: (client: import('ioredis').Redis, prefix: string) => (key: string) => Promise<unknown>): Promise<MicroSide> {
  const { Redis } = await import('ioredis');
  const client = new Redis(redisUrl);
  const prefix = `bench-tiers-${process.pid}:`;
  for (let from = 0; from < entries; from += 1000) {
    await client.mset(Array.from({ length: 1000 }, (_, at) => [prefix + keyOf(from + at), JSON.stringify(profileOf(from + at))]).flat());
  }
  return reads(read(client, prefix), async () => {
    for (let from = 0; from < entries; from += 1000) await client.unlink(Array.from({ length: 1000 }, (_, at) => prefix + keyOf(from + at)));
    await client.quit();
  });
}

export const bench: Bench = {
  area: 'cache',
  setting: '20,000 entries of 1 kB, 100 reads in a turn, values decoded; disk: one process, file in the page cache; Redis and PostgreSQL local, over TCP',
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
    'redis-get': () =>
      redisSide((client, prefix) => async (key) => {
        const text = await client.get(prefix + key);
        return text === null ? undefined : JSON.parse(text);
      }),
    'redis-mget': () =>
      redisSide((client, prefix) => {
        let turn: { keys: string[]; texts: Promise<(string | null)[]> } | undefined;
        return async (key) => {
          if (!turn) {
            const made: { keys: string[]; texts: Promise<(string | null)[]> } = { keys: [], texts: Promise.resolve([]) };
            turn = made;
            made.texts = Promise.resolve().then(() => {
              turn = undefined;
              return client.mget(made.keys);
            });
          }
          const { keys, texts } = turn;
          const place = keys.push(prefix + key) - 1;
          const text = (await texts)[place];
          return text === null || text === undefined ? undefined : JSON.parse(text);
        };
      }),
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
      id: 'cache/postgres-hit',
      question: 'And the PostgreSQL tier, against MGET of Redis with the same decoding?',
      metric: 'opsPerSecond',
      ours: 'postgres',
      peer: 'redis-mget',
      goal: { direction: 'atLeast', ratio: 0.8 },
    },
  ],
};
