import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMillrace, type Millrace } from 'millrace';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';

interface Product {
  readonly id: number;
  readonly name: string;
}

const schema = `platform_${process.pid}`;
const databaseUrl = inject('databaseUrl');
const made: Millrace[] = [];
const folder = mkdtempSync(join(tmpdir(), 'millrace-platform-'));
const quiet = { env: {}, directory: folder };

const make = async (config: Parameters<typeof createMillrace>[0] = {}, env: Record<string, string> = {}): Promise<Millrace> => {
  const millrace = await createMillrace({ databaseUrl, ...config }, { ...quiet, env });
  made.push(millrace);
  return millrace;
};

beforeAll(async () => {
  const millrace = await make();
  await millrace.executeQuery(`create schema ${schema}`);
  await millrace.executeQuery(`create table ${schema}.products (id int primary key, name text not null)`);
  await millrace.executeQuery(`insert into ${schema}.products select n, 'product ' || n from generate_series(1, 100) n`);
});
afterEach(async () => {
  for (const millrace of made.splice(0)) await millrace.stop();
});
afterAll(async () => {
  const millrace = await make();
  await millrace.executeQuery(`drop schema ${schema} cascade`);
  await millrace.stop();
  rmSync(folder, { recursive: true });
});

it('O1 O2 settings from code and environment meet in one object that starts, answers and stops', async () => {
  const millrace = await make({ database: { pool: { maxConnections: 3 } } }, { CACHE_DEFAULT_TTL: '60', DB_POOL_MIN: '1' });
  expect(millrace.phase).toBe('running');
  expect(await millrace.executeQuery<Product>(`select * from ${schema}.products where id = $1`, [7])).toEqual([{ id: 7, name: 'product 7' }]);
  expect(millrace.stats().database.pool).toMatchObject({ minConnections: 1, maxConnections: 3 });
  expect(millrace.origins.find(({ path }) => path === 'cache.defaultTtl')).toEqual({ path: 'cache.defaultTtl', shown: '60000', source: 'CACHE_DEFAULT_TTL' });
  expect(await millrace.stop()).toEqual([]);
  expect(millrace.phase).toBe('stopped');
  await expect(millrace.executeQuery('select 1')).rejects.toMatchObject({ code: 'MILLRACE_STOPPED' });
});

it('C2 C5 five hundred callers at once are one query, and the misses of many ids are another', async () => {
  const millrace = await make();
  let queries = 0;
  const product = millrace.cache.entity(
    'product',
    (ids: readonly number[], call) => {
      queries++;
      return millrace.database.query<Product>(`select * from ${schema}.products where id = any($1)`, [ids], call);
    },
    { key: (row) => row.id, ttl: '1h' },
  );
  const all = await Promise.all(Array.from({ length: 500 }, () => product.get(42)));
  expect(new Set(all.map((row) => row?.name))).toEqual(new Set(['product 42']));
  expect(queries).toBe(1);
  expect(await product.getMany([42, 43, 999])).toEqual([{ id: 42, name: 'product 42' }, { id: 43, name: 'product 43' }, undefined]);
  expect(queries).toBe(2);
});

it('C2 D2 the plain names of the sources work on the object itself', async () => {
  const millrace = await make();
  expect(await millrace.cacheSet('user:123', { name: 'Ada' }, 60)).toBe(true);
  expect(await millrace.cacheSet('user:1234', 0)).toBe(true);
  expect(await millrace.cacheGet('user:123')).toEqual({ name: 'Ada' });
  expect(await millrace.cacheInvalidate('user:123')).toBe(1);
  expect([await millrace.cacheGet('user:123'), await millrace.cacheGet('user:1234')]).toEqual([undefined, 0]);
  const connection = await millrace.getConnection();
  expect(await connection.query('select 1 as one')).toEqual([{ one: 1 }]);
  connection.release();
  await expect(
    millrace.withTransaction(async (transaction) => {
      await transaction.execute(`insert into ${schema}.products values (1000, 'never')`);
      throw new Error('changed my mind');
    }),
  ).rejects.toThrow('changed my mind');
  expect(await millrace.executeQuery(`select 1 from ${schema}.products where id = 1000`)).toEqual([]);
});

it('O2 every wrong setting is in one error, and nothing is started', async () => {
  const wrong = make({ cache: { memory: { size: '64mb' as '64MB' } } }, { DB_POOL_MAX: '0', MILLRACE_HTTP_PORTT: '1' });
  await expect(wrong).rejects.toMatchObject({ code: 'MILLRACE_CONFIG' });
  await expect(wrong).rejects.toThrow(/MILLRACE_HTTP_PORTT is not a setting: did you mean MILLRACE_HTTP_PORT\?/);
  await expect(wrong).rejects.toThrow(/DB_POOL_MAX \(database\.pool\.maxConnections\) is 0: write a whole number from 1 to 500/);
  await expect(wrong).rejects.toThrow(/cache\.memory\.size is "64mb"/);
});

it('O2 production does not start on an embedded server, and says what to set', async () => {
  await expect(createMillrace({ environment: 'production' }, quiet)).rejects.toMatchObject({ code: 'MILLRACE_NO_DATABASE' });
});

it('O1 a database that cannot be reached is named without its password', async () => {
  const away = createMillrace({ databaseUrl: 'postgres://shop:hunter2@127.0.0.1:1/shop' }, quiet);
  await expect(away).rejects.toThrow(/127\.0\.0\.1:1/);
  const error: unknown = await away.catch((caught: unknown) => caught);
  expect(JSON.stringify(error) + String(error) + String((error as Error).stack)).not.toContain('hunter2');
});

it('D16 O2 migrations run in development; production only says what is missing', async () => {
  const migrations = [{ id: 'platformtest:0001', sql: `create table ${schema}.made (id int)` }];
  const production = await make({ environment: 'production' });
  await expect(production.migrate(migrations)).rejects.toMatchObject({ code: 'MILLRACE_MIGRATION_PENDING' });
  const development = await make();
  expect(await development.migrate(migrations)).toMatchObject({ applied: ['platformtest:0001'] });
  expect(await production.migrate(migrations)).toMatchObject({ applied: [] });
  await development.executeQuery(`delete from millrace.migrations where id = 'platformtest:0001'`);
});

it('H9 stopping twice is one stop', async () => {
  const millrace = await make();
  const [first, second] = [millrace.stop(), millrace.stop()];
  expect(first).toBe(second);
  expect(await first).toEqual([]);
});
