import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMillrace, type Millrace } from 'millrace';
import { type FaultProxy, startFaultProxy } from 'millrace/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OwnDatabase, ownDatabase } from '../cache/postgres-support.ts';

/*
 * Processes without Redis: a table of the database is what they share, LISTEN and NOTIFY is how they hear each other. One of them reaches the database through a
 * proxy that fails.
 */

interface Product {
  readonly id: number;
  readonly name: string;
}

const folder = mkdtempSync(join(tmpdir(), 'millrace-fleet-'));
let own: OwnDatabase;
let proxy: FaultProxy;
const running: Millrace[] = [];

const join2 = async (url: string, config: object = {}) => {
  const warnings: string[] = [];
  const millrace = await createMillrace(
    { databaseUrl: url, service: 'fleet', cache: { shared: 'postgres' }, database: { changes: 'off', pool: { minConnections: 1 } }, ...config },
    { env: {}, directory: folder, warn: (message) => warnings.push(message) },
  );
  running.push(millrace);
  const product = millrace.cache.entity(
    'product',
    (ids: readonly number[], call) => millrace.database.query<Product>('select * from products where id = any($1)', [ids], call),
    { key: (row) => row.id, ttl: '1h', staleIfError: '1h' },
  );
  return { millrace, product, warnings };
};
type Process = Awaited<ReturnType<typeof join2>>;
let [one, two]: Process[] = [];

const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let turn = 0; turn < 1000; turn++) {
    if (await holds()) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`not within 10 s: ${what}`);
};
const tierOf = ({ millrace }: Process, name: string) => millrace.cache.stats().tiers.find((tier) => tier.name === name);
const hears = ({ millrace }: Process, senders: number): boolean => (millrace.cache.stats().bus?.senders ?? 0) >= senders;

beforeAll(async () => {
  own = await ownDatabase();
  proxy = await startFaultProxy(own.url);
  await own.database.execute('create table products (id int primary key, name text)');
  await own.database.execute("insert into products select n, 'product ' || n from generate_series(1, 50) n");
  one = await join2(own.url);
  two = await join2(proxy.through(own.url));
  await until('both hear each other', () => hears(one as Process, 2) && hears(two as Process, 2));
});
afterAll(async () => {
  proxy.thaw();
  for (const millrace of running) await millrace.stop();
  await proxy.stop();
  await own.drop();
  rmSync(folder, { recursive: true });
});

it('C1 without Redis what one process has loaded the other finds in the shared table', async () => {
  const [first, second] = [one as Process, two as Process];
  expect(first.millrace.cache.stats().tiers.map(({ name }) => name)).toEqual(['memory', 'postgres']);
  // The first statements, with connections still to be opened, may run past the budget of the tier; then it is left alone for a second. So: until it works.
  let id = 10;
  await until('the second finds what the first has loaded', async () => {
    id = id === 50 ? 11 : id + 1;
    const stores = tierOf(first, 'postgres')?.stores ?? 0;
    await Promise.all([first.product.invalidate(id), second.product.invalidate(id)]);
    await first.product.get(id);
    for (let turn = 0; turn < 20 && tierOf(first, 'postgres')?.stores === stores; turn++) await new Promise<void>((resolve) => setTimeout(resolve, 5));
    const { value, tier } = await second.product.getEntry(id);
    expect(value).toEqual({ id, name: `product ${id}` });
    return tier === 'postgres';
  });
});

it('C7 what one process invalidates is heard by the other over LISTEN and NOTIFY, five hundred keys of a tick too', async () => {
  const [first, second] = [one as Process, two as Process];
  const ids = Array.from({ length: 50 }, (_, at) => at + 1);
  await second.product.getMany(ids);
  await own.database.execute("update products set name = 'changed ' || id");
  await Promise.all([...ids, ...Array.from({ length: 450 }, (_, at) => 1000 + at)].map((id) => first.product.invalidate(id)));
  await until('every new name is given', async () => (await second.product.getMany(ids)).every((row) => row?.name.startsWith('changed')));
  expect(first.millrace.cache.stats().bus).toMatchObject({ failed: 0 });
});

it('C7 C12 a listener whose connection is terminated listens again, and looks up anew what it may have missed', async () => {
  const [first, second] = [one as Process, two as Process];
  const doubts = second.millrace.cache.stats().bus?.doubts ?? 0;
  await own.database.execute("select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_notify%' or query like 'listen%'");
  await own.database.execute("update products set name = 'after the cut' where id = 7");
  await first.product.invalidate(7);
  await until('the new name is given', async () => (await second.product.get(7))?.name === 'after the cut');
  await until('it has doubted what it held', () => (second.millrace.cache.stats().bus?.doubts ?? 0) > doubts);
  await until('both hear each other again', () => hears(first, 2) && hears(second, 2));
});

it('C8 a process whose link to the database is silent gives nothing from memory as fresh after five seconds', async () => {
  const [first, second] = [one as Process, two as Process];
  await second.product.get(9);
  proxy.freeze();
  await own.database.execute("update products set name = 'unheard' where id = 9");
  await first.product.invalidate(9);
  const sinceMs = performance.now();
  await until('it distrusts its memory', async () => (await second.product.getEntry(9, { timeout: '300ms' })).state === 'stale');
  expect(performance.now() - sinceMs).toBeLessThan(6000);
  proxy.thaw();
  await until('it has the new name', async () => (await second.product.get(9))?.name === 'unheard');
});

it('C1 in production without the table the service starts, says what it takes, and works without that tier', async () => {
  const bare = await ownDatabase();
  await bare.database.execute('drop schema millrace cascade');
  await bare.database.execute("create table products as select 1 as id, 'tea' as name");
  const process = await join2(bare.url, { environment: 'production', cache: {} });
  expect(process.warnings.join()).toMatch(/without a tier that processes share.*migration/);
  expect(process.millrace.cache.stats().tiers.map(({ name }) => name)).toEqual(['memory']);
  expect(await process.product.get(1)).toMatchObject({ name: 'tea' });
  await process.millrace.stop();
  await bare.drop();
});

it('C1 C17 a disk tier is a setting: a restart of the process finds there what it had loaded', async () => {
  const cache = { shared: 'off', disk: { directory: join(folder, 'disk') } };
  const before = await join2(own.url, { cache });
  await before.product.get(11);
  await until('the disk has it', () => (tierOf(before, 'disk')?.stores ?? 0) >= 1);
  await before.millrace.stop();
  const after = await join2(own.url, { cache });
  expect(await after.product.getEntry(11)).toMatchObject({ tier: 'disk' });
});
