import { createCache } from 'millrace/cache';
import { createDatabase, type Database } from 'millrace/database';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';

interface Product {
  readonly id: number;
  readonly name: string;
  readonly category_id: number;
}

const name = `millrace_cache_${process.pid}`;
const urlOf = (database: string): string => {
  const url = new URL(inject('databaseUrl'));
  url.pathname = `/${database}`;
  return url.href;
};

let server: Database;
let shop: Database;

beforeAll(async () => {
  server = createDatabase({ url: inject('databaseUrl'), pool: { minConnections: 1, maxConnections: 2 } });
  await server.start();
  await server.execute(`drop database if exists ${name} with (force)`);
  await server.execute(`create database ${name}`);
  shop = createDatabase({ url: urlOf(name), pool: { minConnections: 1, maxConnections: 5, acquireTimeout: '2s' } });
  await shop.start();
  await shop.execute('create table products (id int primary key, name text not null, category_id int not null)');
});

afterAll(async () => {
  await shop.stop();
  await server.execute(`drop database if exists ${name} with (force)`);
  await server.stop();
});

beforeEach(async () => {
  await shop.execute('truncate products');
  await shop.execute("insert into products select id, 'product ' || id, id % 10 from generate_series(1, 1000) as id");
});

const selectText = 'select id, name, category_id from products where id = any($1)';

/** A fresh cache over the table, and how often the server was asked for rows of it. */
const setUp = () => {
  const cache = createCache();
  const before = callsOfSelect();
  const product = cache.entity('product', (ids: readonly number[], { signal }) => shop.query<Product>(selectText, [ids], { signal }), {
    key: (row) => row.id,
    ttl: '1h',
    staleIfError: '10m',
    tags: (row) => [`category:${row.category_id}`],
    tables: { products: (row) => row.id },
  });
  return { cache, product, queries: () => callsOfSelect() - before };
};

const callsOfSelect = (): number => shop.statements().find(({ statement }) => statement.includes('category_id from products where'))?.count ?? 0;

it('C2 C5 five hundred callers at once are one query, and those after them none', async () => {
  const { product, queries } = setUp();
  const rows = await Promise.all(Array.from({ length: 500 }, () => product.get(42)));
  expect(new Set(rows)).toEqual(new Set([{ id: 42, name: 'product 42', category_id: 2 }]));
  await Promise.all(Array.from({ length: 500 }, () => product.get(42)));
  expect(queries()).toBe(1);
});

it('C2 the misses of a list are one query, and what does not exist is known', async () => {
  const { product, queries } = setUp();
  await product.get(7);
  const rows = await product.getMany([7, 8, 9, 5000, 8]);
  expect(rows.map((row) => row?.name)).toEqual(['product 7', 'product 8', 'product 9', undefined, 'product 8']);
  expect(await product.get(5000)).toBeUndefined();
  expect(queries()).toBe(2);
});

it('C7 an update and its invalidation, by key, by tag or by table, give the new row', async () => {
  const { cache, product } = setUp();
  const change = async (id: number, to: string, drop: () => Promise<unknown>) => {
    await product.get(id);
    await shop.execute('update products set name = $2 where id = $1', [id, to]);
    expect((await product.get(id))?.name).not.toBe(to);
    await drop();
    expect((await product.get(id))?.name).toBe(to);
  };
  await change(42, 'by key', () => product.invalidate(42));
  await change(43, 'by tag', () => cache.invalidate({ tag: 'category:3' }));
  await change(44, 'by table', () => cache.invalidate({ table: 'products', rows: [{ id: 44 }] }));
  await change(45, 'by pattern', () => cache.cacheInvalidate('product:4*'));
  await change(46, 'whole family', () => cache.invalidate({ entity: 'product' }));
});

it('C8 rows that were read before an update and arrive after its invalidation are not stored', async () => {
  const cache = createCache();
  const arrived = Promise.withResolvers<void>();
  const read = Promise.withResolvers<void>();
  let isFirst = true;
  const load = async (ids: readonly number[]) => {
    const rows = await shop.query<Product>(selectText, [ids]);
    if (isFirst) {
      isFirst = false;
      read.resolve();
      await arrived.promise;
    }
    return rows;
  };
  const product = cache.entity('product', load, { key: (row) => row.id });
  const overtaken = product.get(42);
  await read.promise;
  await shop.execute("update products set name = 'new' where id = 42");
  await product.invalidate(42);
  const after = product.get(42);
  arrived.resolve();
  expect((await overtaken)?.name).toBe('product 42');
  expect((await after)?.name).toBe('new');
  expect(product.peek(42)?.name).toBe('new');
});

it('D4 F3 a caller who gives up stops the query on the server', async () => {
  const cache = createCache();
  const slow = cache.entity(
    'slow',
    async (ids: readonly number[], call) => shop.query<{ id: number }>('select id, pg_sleep(30) from unnest($1::int[]) as id', [ids], call),
    {
      key: (row) => row.id,
    },
  );
  await expect(slow.get(1, { timeout: '300ms' })).rejects.toMatchObject({ code: 'MILLRACE_DEADLINE' });
  const sleeping =
    "select count(*)::int as count from pg_stat_activity where datname = $1 and state = 'active' and query like '%pg_sleep(30)%' and pid <> pg_backend_pid()";
  await expect.poll(async () => (await server.queryOne<{ count: number }>(sleeping, [name]))?.count, { timeout: 10_000 }).toBe(0);
  expect(cache.stats().loadsInFlight).toBe(0);
});

it('C6 with the database away a row within its grace is given, and the new one when it is back', async () => {
  const cache = createCache();
  const product = cache.entity('product', (ids: readonly number[], { signal }) => shop.query<Product>(selectText, [ids], { signal }), {
    key: (row) => row.id,
    ttl: '1ms',
    jitter: 0,
    staleIfError: '10m',
  });
  expect((await product.getEntry(42)).state).toBe('loaded');
  await server.execute(`alter database ${name} allow_connections false`);
  await server.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
  try {
    await expect.poll(async () => (await product.getEntry(42)).state, { timeout: 10_000 }).toBe('stale');
    expect((await product.get(42))?.name).toBe('product 42');
    await expect(product.get(43)).rejects.toThrow();
  } finally {
    await server.execute(`alter database ${name} allow_connections true`);
  }
  await expect.poll(async () => (await product.getEntry(42)).state, { timeout: 20_000 }).toBe('loaded');
});
