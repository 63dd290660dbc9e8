// One process of a fleet: its loader counts itself at the database, sleeps there, and may fail. Told what to do in lines of JSON, it answers in lines of JSON.
import { createInterface } from 'node:readline';
import { createCache, DiskTier, PostgresTier, RedisTier, type Tier } from 'millrace/cache';
import { createDatabase } from 'millrace/database';
import { startFaultProxy } from 'millrace/testing';
import { silent, system } from '../../../src/kernel/index.ts';
import { Redis } from '../../../src/redis/index.ts';

const { kind, databaseUrl, redisUrl, directory } = JSON.parse(process.argv[2] as string) as Record<string, string>;
const way = await startFaultProxy(databaseUrl as string);
const database = createDatabase({ url: way.through(databaseUrl as string), pool: { minConnections: 1, maxConnections: 4 } });
await database.start();
const direct = createDatabase({ url: databaseUrl as string, pool: { minConnections: 1, maxConnections: 2 } });
await direct.start();

async function tierOf(): Promise<Tier> {
  if (kind === 'postgres') return new PostgresTier(direct);
  if (kind === 'redis') {
    const redis = new Redis({ url: redisUrl as string, commandTimeout: '2s' }, { system, events: silent });
    await redis.start();
    return new RedisTier(redis);
  }
  const disk = new DiskTier({ directory: directory as string });
  await disk.start();
  return disk;
}

const cache = createCache({ tierBudget: '2s' }, { tiers: [await tierOf()] });
const slow = cache.entity(
  'slow',
  async (ids: readonly string[]) => {
    const rows = await database.query<{ id: string; by: number }>(
      `with counted as (insert into loads (id, by) select unnest($1::text[]), $2 returning id) select id, $2::int as by, pg_sleep(0.3)::text as slept from counted`,
      [ids, process.pid],
    );
    if (ids.some((id) => id.startsWith('broken'))) throw new Error('the loader is broken');
    return rows;
  },
  { key: ({ id }) => id, ttl: '1h' },
);

const tell = (answer: unknown): boolean => process.stdout.write(`${JSON.stringify(answer)}\n`);
tell({ ready: process.pid });
for await (const line of createInterface({ input: process.stdin })) {
  const { id, callers, isCutOff = false } = JSON.parse(line) as { id: string; callers: number; isCutOff?: boolean };
  if (isCutOff) await way.close();
  const asked = await Promise.allSettled(Array.from({ length: callers }, () => slow.get(id)));
  const values = asked.filter((one) => one.status === 'fulfilled').map(({ value }) => value?.by);
  const failures = asked.filter((one) => one.status === 'rejected').map(({ reason }) => String((reason as { code?: string }).code ?? reason));
  tell({ answered: values.length, by: [...new Set(values)], failures: [...new Set(failures)] });
}
process.exit(0);
