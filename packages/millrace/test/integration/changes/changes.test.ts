import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMillrace, type Millrace } from 'millrace';
import { createDatabase, type Database } from 'millrace/database';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';

/*
 * Rows changed by somebody else: a connection that knows nothing of Millrace, as psql's is. Two of what would be two processes cache them, with no Redis and no
 * bus between them: what they hear they hear from the server's log.
 */

interface Product {
  readonly id: number;
  readonly name: string;
  readonly category: number;
}

const schema = `changes_${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), 'millrace-changes-'));
let psql: Database;
let all: readonly Process[] = [];

const join2 = async (changes: 'auto' | 'logical' | 'own-writes' = 'auto', url = inject('databaseUrl'), migrate: 'auto' | 'off' = 'auto') => {
  const warnings: string[] = [];
  const millrace = await createMillrace(
    { databaseUrl: url, service: schema, database: { changes, migrate, pool: { minConnections: 1 } } },
    { env: {}, directory: folder, warn: (message) => warnings.push(message) },
  );
  const product = millrace.cache.entity(
    'product',
    (ids: readonly number[], call) => millrace.database.query<Product>(`select * from ${schema}.products where id = any($1)`, [ids], call),
    { key: (row) => row.id, ttl: '1h', negativeTtl: '1h', tables: { [`${schema}.products`]: (row) => row.id } },
  );
  const shelf = millrace.cache.entity(
    'shelf',
    (ids: readonly number[], call) =>
      millrace.database.query<{ category: number; size: number }>(
        `select category, count(*)::int as size from ${schema}.products where category = any($1) group by category`,
        [ids],
        call,
      ),
    { key: (row) => row.category, ttl: '1h', negativeTtl: '1h', tables: { [`${schema}.products`]: (row) => row.category } },
  );
  return { millrace, product, shelf, warnings };
};
type Process = Awaited<ReturnType<typeof join2>>;

const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let turn = 0; turn < 3000; turn++) {
    if (await holds()) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`not within 15 s: ${what}`);
};
const figure = (millrace: Millrace, name: string): number => Number(new RegExp(`^${name}\\S* (\\S+)`, 'm').exec(millrace.monitoring.prometheus())?.[1]);
const followed = (millrace: Millrace) => until('changes are followed', () => figure(millrace, 'millrace_changes_followed') === 1);

beforeAll(async () => {
  psql = createDatabase({ url: inject('databaseUrl') });
  await psql.start();
  await psql.execute(`create schema ${schema}`);
  await psql.execute(`create table ${schema}.products (id int primary key, name text, category int not null)`);
  await psql.execute(`insert into ${schema}.products select n, 'product ' || n, n % 10 from generate_series(1, 100) n`);
  all = [await join2(), await join2()];
  for (const { millrace } of all) await followed(millrace);
});
afterAll(async () => {
  for (const { millrace } of all) await millrace.stop();
  await psql.execute(`drop schema ${schema} cascade`);
  await psql.stop();
  rmSync(folder, { recursive: true });
});

it('C8 a row updated, inserted or deleted by another program is the next answer of every process', async () => {
  for (const { product } of all) expect([(await product.get(1))?.name, await product.get(1001)]).toEqual(['product 1', undefined]);
  await psql.execute(`update ${schema}.products set name = 'by psql' where id = 1`);
  await psql.execute(`insert into ${schema}.products values (1001, 'new', 3)`);
  for (const { product } of all) {
    await until('the update is seen', async () => (await product.get(1))?.name === 'by psql');
    await until('the insert is seen', async () => (await product.get(1001))?.name === 'new');
  }
  await psql.execute(`delete from ${schema}.products where id = 1001`);
  for (const { product } of all) await until('the deletion is seen', async () => (await product.get(1001)) === undefined);
  const hits = all.map(({ product }) => product.stats().hits);
  for (const { product } of all) await product.get(2);
  for (const { product } of all) await product.get(2);
  expect(all.map(({ product }, at) => product.stats().hits > (hits[at] as number))).toEqual([true, true]);
});
