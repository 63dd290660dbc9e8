import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMillrace, type Millrace } from 'millrace';
import { createDatabase, type Database, type EmbeddedServer, startEmbedded } from 'millrace/database';
import { afterAll, beforeAll, expect, it } from 'vitest';

/* Results of statements, kept by two processes over one shared tier, on a server whose log they follow. Whoever writes here is a stranger, as psql is. */

const home = mkdtempSync(join(tmpdir(), 'millrace-queries-'));
chmodSync(home, 0o755); // started as root, the server runs as another user
let server: EmbeddedServer;
let psql: Database;
const running: Millrace[] = [];

const joinFleet = async (config: object = {}): Promise<Millrace> => {
  const millrace = await createMillrace(
    { databaseUrl: server.url, service: 'queries', cache: { shared: 'postgres', queryTables: ['items', 'shelves'] }, ...config },
    { env: {}, directory: home, warn: () => {} },
  );
  running.push(millrace);
  return millrace;
};
const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let turn = 0; turn < 1500; turn++) {
    if (await holds()) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`not within 15 s: ${what}`);
};
/** How often the server ran what counts itself there. */
const runs = async (): Promise<number> => Number((await psql.query<{ n: string }>('select last_value - 1 as n from runs'))[0]?.n);
const follows = (millrace: Millrace): boolean => millrace.stats().changes?.tables.length === 2;

beforeAll(async () => {
  server = await startEmbedded({ directory: join(home, 'server'), settings: { fsync: 'off', max_connections: '60' } });
  psql = createDatabase({ url: server.url });
  await psql.start();
  await psql.execute('create sequence runs');
  await psql.query("select nextval('runs')");
  await psql.execute('create table shelves (id int primary key, name text)');
  await psql.execute('create table items (id int primary key, shelf int not null, price numeric not null)');
  await psql.execute('create table notes (id int primary key, text text)');
  await psql.execute("insert into shelves select n, 'shelf ' || n from generate_series(1, 5) n");
  await psql.execute('insert into items select n, n % 5 + 1, n from generate_series(1, 50) n');
  await psql.execute("insert into notes values (1, 'first')");
});
afterAll(async () => {
  for (const millrace of running) await millrace.stop();
  await psql.stop();
  await server.stop();
  rmSync(home, { recursive: true });
});

it('C14 C8 a result is kept for all processes until one of its tables changes, whoever changes it', async () => {
  const [one, two] = [await joinFleet(), await joinFleet()];
  await until('both follow the log', () => follows(one) && follows(two));
  const text = `select s.name, count(*)::int as items, nextval('runs') > 0 as ran from items i join shelves s on s.id = i.shelf where s.id = $1 group by s.name`;
  const ask = (millrace: Millrace) => millrace.executeQuery(text, [2], { cache: { tables: ['items', 'shelves'] } });
  expect(await ask(one)).toEqual([{ name: 'shelf 2', items: 10, ran: true }]);
  await until('the other process finds it', async () => (await ask(two)).length === 1);
  await ask(one);
  expect(await runs()).toBe(1);
  const entry = one.cache.stats().entities.find(({ name }) => name === 'query');
  expect(entry).toMatchObject({ loads: 1 });

  await psql.execute('update items set shelf = 2 where id = 50');
  await until('both have the new count', async () => (await ask(one))[0]?.['items'] === 11 && (await ask(two))[0]?.['items'] === 11);
  await psql.execute("update shelves set name = 'second' where id = 2");
  await until('both have the new name', async () => (await ask(one))[0]?.['name'] === 'second' && (await ask(two))[0]?.['name'] === 'second');
});

it('C14 other parameters and another text are other results; the key is query:{hash}', async () => {
  const one = running[0] as Millrace;
  const text = `select price, nextval('runs') > 0 as ran from items where id = $1`;
  const before = await runs();
  const options = { cache: { tables: ['items'] } };
  expect(await one.executeQuery(text, [7], options)).toMatchObject([{ price: '7' }]);
  expect(await one.executeQuery(text, [8], options)).toMatchObject([{ price: '8' }]);
  expect(await one.executeQuery(text, ['7'], options)).toMatchObject([{ price: '7' }]);
  expect(await runs()).toBe(before + 3);
  expect(await one.cacheInvalidate('query:*')).toBeGreaterThanOrEqual(3);
  await one.executeQuery(text, [7], options);
  expect(await runs()).toBe(before + 4);
});

it('C14 a statement that writes or locks is refused, and nothing is run', async () => {
  const one = running[0] as Millrace;
  const writes = [
    'update items set price = 0',
    'with gone as (delete from items returning id) select * from gone',
    '/* select */ insert into notes values (2)',
    'select * from items for update',
  ];
  for (const text of writes) await expect(one.executeQuery(text, [], { cache: true })).rejects.toMatchObject({ code: 'MILLRACE_CONFIG' });
  expect(await psql.query('select count(*)::int as n from items where price > 0')).toEqual([{ n: 50 }]);
});

it('C14 without `cache` every call reaches the server', async () => {
  const one = running[0] as Millrace;
  const text = "select text, nextval('runs') > 0 as ran from notes";
  const before = await runs();
  await one.executeQuery(text);
  await one.executeQuery(text, [], { cache: false });
  expect(await runs()).toBe(before + 2);
});
