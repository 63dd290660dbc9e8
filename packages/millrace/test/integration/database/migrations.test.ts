import type { DatabaseEvents } from 'millrace/database';
import { type Migration, migrate, printMigrations } from 'millrace/database';
import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { RecordedEvents } from '../../../src/testing/index.ts';
import { open, url } from './support.ts';

let databases = 0;

/** Migrations belong to a database, not to a schema: each test gets a database of its own. */
async function own() {
  const name = `migrations_${process.pid}_${++databases}`;
  const admin = new pg.Client({ connectionString: url() });
  await admin.connect();
  await admin.query(`create database ${name}`);
  onTestFinished(async () => {
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  });
  const own = new URL(url());
  own.pathname = `/${name}`;
  const { database } = await open({ url: own.href, pool: { minConnections: 0 } });
  const events = new RecordedEvents<DatabaseEvents>();
  const ports = { connect: () => database.connectDirect(), events };
  return { database, ports, events };
}

const first: Migration = {
  id: 'shop:0001',
  sql: `create table products (id int primary key, name text);\ninsert into products select i, 'p' || i from generate_series(1, 1000) i;`,
};
const second: Migration = { id: 'shop:0002', sql: 'alter table products add column price numeric' };
const index: Migration = { id: 'shop:0003', sql: 'create index concurrently idx_products_name on products (name)', transaction: false };
const counts = `select (select count(*)::int from millrace.migrations) as noted, (select count(*)::int from pg_indexes where indexname = 'idx_products_name') as indexes`;

it('D16 applies what is missing, in order, once', async () => {
  const { database, ports, events } = await own();
  expect(await migrate([first, second, index], { mode: 'auto' }, ports)).toEqual({ applied: ['shop:0001', 'shop:0002', 'shop:0003'], unknown: [] });
  expect(await migrate([first, second, index], { mode: 'auto' }, ports)).toEqual({ applied: [], unknown: [] });
  expect(await database.queryOne(counts)).toEqual({ noted: 3, indexes: 1 });
  expect(events.seen.map(([name, event]) => [name, (event as { id: string }).id])).toEqual(
    ['shop:0001', 'shop:0002', 'shop:0003'].map((id) => ['database.migration.applied', id]),
  );
  expect(await migrate([first], { mode: 'check' }, ports)).toEqual({ applied: [], unknown: ['shop:0002', 'shop:0003'] });
});

it('D16 starting on all nodes at once is safe: every step once, concurrent index builds included', async () => {
  const { database, ports, events } = await own();
  const reports = await Promise.all(Array.from({ length: 12 }, () => migrate([first, second, index], { mode: 'auto' }, ports)));
  expect(reports.flatMap(({ applied }) => applied).sort()).toEqual(['shop:0001', 'shop:0002', 'shop:0003']);
  expect(await database.queryOne(counts)).toEqual({ noted: 3, indexes: 1 });
  expect(events.seen.some(([name]) => name === 'database.migration.awaited')).toBe(true);
});

it('D16 a step that fails is undone and named; those before it stay', async () => {
  const { database, ports } = await own();
  const broken: Migration = { id: 'shop:0002', sql: 'alter table products add column price numeric; select no_such_thing' };
  await expect(migrate([first, broken], { mode: 'auto' }, ports)).rejects.toMatchObject({
    code: 'MILLRACE_MIGRATION',
    migration: 'shop:0002',
    message: expect.stringContaining('column "no_such_thing" does not exist'),
    cause: { sqlState: '42703' },
  });
  expect(await database.query(`select id from millrace.migrations`)).toEqual([{ id: 'shop:0001' }]);
  await expect(database.query('select price from products')).rejects.toMatchObject({ sqlState: '42703' });
  expect(await migrate([first, second], { mode: 'auto' }, ports)).toMatchObject({ applied: ['shop:0002'] });
  const escaping: Migration = { id: 'shop:0004', sql: 'create table half (i int); commit' };
  await expect(migrate([escaping], { mode: 'auto' }, ports)).rejects.toThrow(/leave BEGIN and COMMIT out/);
});

it('D16 an index that a failed concurrent build left invalid is dropped, and the step can be run again', async () => {
  const { database, ports, events } = await own();
  await migrate([first], { mode: 'auto' }, ports);
  await database.execute(`insert into products values (0, 'p1')`);
  const unique: Migration = { id: 'shop:0005', sql: 'create unique index concurrently idx_products_name on products (name)', transaction: false };
  await expect(migrate([first, unique], { mode: 'auto' }, ports)).rejects.toMatchObject({ code: 'MILLRACE_MIGRATION', cause: { sqlState: '23505' } });
  expect(await database.queryOne(counts)).toEqual({ noted: 1, indexes: 0 });
  expect(events.seen.filter(([name]) => name === 'database.index.dropped').map(([, event]) => event)).toEqual([
    { index: 'public.idx_products_name', migration: 'shop:0005' },
  ]);
  // The same left behind by a process that was killed while it built.
  const killed = await ports.connect();
  await killed.query({ text: unique.sql }).catch(() => {});
  await killed.end();
  expect(await database.queryOne(counts)).toEqual({ noted: 1, indexes: 1 });
  await database.execute('delete from products where id = 0');
  expect(await migrate([first, unique], { mode: 'auto' }, ports)).toMatchObject({ applied: ['shop:0005'] });
  expect(await database.queryOne(`select indisvalid as valid from pg_index where indexrelid = 'idx_products_name'::regclass`)).toEqual({ valid: true });
});

it('D16 check tells what is missing and changes nothing, off does not even connect', async () => {
  const { database, ports } = await own();
  await expect(migrate([first, second], { mode: 'check' }, ports)).rejects.toMatchObject({
    code: 'MILLRACE_MIGRATION_PENDING',
    pending: ['shop:0001', 'shop:0002'],
  });
  await expect(migrate([first], {}, ports)).rejects.toMatchObject({ code: 'MILLRACE_MIGRATION_PENDING' });
  expect(await database.queryOne(`select to_regclass('millrace.migrations') as found`)).toEqual({ found: null });
  const never = { connect: () => Promise.reject(new Error('connected')) };
  expect(await migrate([first], { mode: 'off' }, never)).toEqual({ applied: [], unknown: [] });
});

it('D16 a text that changed after it was applied is refused, line ends apart', async () => {
  const { ports } = await own();
  await migrate([first], { mode: 'auto' }, ports);
  expect(await migrate([{ ...first, sql: first.sql.replace('\n', '\r\n') }], { mode: 'auto' }, ports)).toMatchObject({ applied: [] });
  await expect(migrate([{ ...first, sql: 'create table other (i int)' }], { mode: 'auto' }, ports)).rejects.toMatchObject({
    code: 'MILLRACE_MIGRATION_CHANGED',
    migration: 'shop:0001',
  });
});

it('D16 what is printed can be applied by another role, and counts as applied', async () => {
  const { database, ports } = await own();
  const printed = await printMigrations([first, second], ports);
  const connection = await ports.connect();
  await connection.query({ text: printed, isPlain: true });
  await connection.end();
  expect(await migrate([first, second], { mode: 'check' }, ports)).toEqual({ applied: [], unknown: [] });
  expect(await printMigrations([first, second], ports)).toBe('');
  expect(await database.queryOne('select count(*)::int as n from products')).toEqual({ n: 1000 });
});

it('D16 waits for another process with a limit, and its lock goes with its connection', async () => {
  const { ports } = await own();
  const other = await ports.connect();
  await other.query({ text: 'select pg_advisory_lock(1835625580, 1918985061)' });
  await expect(migrate([first], { mode: 'auto', lockTimeout: '1s' }, ports)).rejects.toMatchObject({
    code: 'MILLRACE_MIGRATION_LOCKED',
    limitMs: 1000,
    retryable: true,
  });
  const waiting = migrate([first], { mode: 'auto' }, ports);
  await new Promise((resolve) => setTimeout(resolve, 100));
  other.destroy();
  expect(await waiting).toMatchObject({ applied: ['shop:0001'] });
});

it('D16 ids and order are checked before anything is asked', async () => {
  const never = { connect: () => Promise.reject(new Error('connected')) };
  await expect(migrate([{ id: 'Shop1', sql: 'select 1' }], { mode: 'auto' }, never)).rejects.toThrow(/not of the form area:0001/);
  await expect(migrate([second, first], { mode: 'auto' }, never)).rejects.toThrow(/it comes after shop:0002/);
  await expect(migrate([{ id: 'a:0001', sql: ' ' }], { mode: 'auto' }, never)).rejects.toThrow(/no statement/);
  await expect(migrate([first], { mode: 'sometimes' as never }, never)).rejects.toMatchObject({ code: 'MILLRACE_CONFIG' });
});
