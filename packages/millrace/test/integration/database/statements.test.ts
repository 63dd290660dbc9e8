import { createDatabase } from 'millrace/database';
import { expect, it } from 'vitest';
import { normalize } from '../../../src/database/tracking/index.ts';
import { system } from '../../../src/kernel/index.ts';
import { contextFor } from '../../../src/testing/index.ts';
import { open, schema, url } from './support.ts';

it('D2 query, queryOne, execute and executeQuery keep the types of parameters and rows', async () => {
  const { database } = await open();
  const name = await schema(database);
  await database.execute(`create table ${name}.t (id int primary key, price numeric, at timestamptz, tags text[], detail jsonb, raw bytea, big bigint)`);
  const row = {
    id: 1,
    price: '2.50',
    at: new Date('2026-01-02T03:04:05.678Z'),
    tags: ['a', '"b"', 'c\\d'],
    detail: { x: [1] },
    raw: Buffer.from([0, 255]),
    big: '9007199254740993',
  };
  expect(await database.execute(`insert into ${name}.t values ($1, $2, $3, $4, $5, $6, $7)`, Object.values(row))).toBe(1);
  expect(await database.queryOne(`select * from ${name}.t where id = $1`, [1])).toEqual(row);
  expect(await database.queryOne(`select * from ${name}.t where id = $1`, [2])).toBeUndefined();
  expect(await database.executeQuery<{ id: number }>(`select id from ${name}.t where id = any($1)`, [[1, 2]])).toEqual([{ id: 1 }]);
});

it('D2 a prepared statement by name is parsed once per connection, and gives way when there are too many', async () => {
  const { database } = await open({ pool: { maxConnections: 1 } });
  for (let index = 0; index < 600; index++) await database.query(`select ${index} as n`, [], { name: `p${index}` });
  const prepared = await database.queryOne<{ n: number }>('select count(*)::int as n from pg_prepared_statements');
  expect(prepared?.n).toBe(500);
  expect(await database.query('select 599 as n', [], { name: 'p599' })).toEqual([{ n: 599 }]);
  expect(await database.query('select 0 as n', [], { name: 'p0' })).toEqual([{ n: 0 }]);
});

it('D2 the extended protocol always: one text is one statement', async () => {
  const { database } = await open();
  await expect(database.query('select 1; select 2')).rejects.toMatchObject({ code: 'MILLRACE_QUERY', sqlState: '42601' });
});

it('D2 65,535 parameters pass, one more is refused before anything is sent', async () => {
  const { database } = await open();
  const values = Array.from({ length: 65_535 }, () => 1);
  const text = (count: number) => `select count(*)::int as n from (values ${Array.from({ length: count }, (_, index) => `($${index + 1}::int)`).join(',')}) v`;
  expect(await database.queryOne(text(65_535), values)).toEqual({ n: 65_535 });
  await expect(database.query(text(65_535), [...values, 1])).rejects.toMatchObject({ code: 'MILLRACE_PARAMETERS', found: 65_536, limit: 65_535 });
  await expect(database.query('select 1\0; drop table x')).rejects.toThrow('NUL');
  expect(database.stats().pool).toMatchObject({ opened: 1, closed: 0 });
});

it('D2 an error of the server shows its place without literals, keeps the original as cause, and its connection', async () => {
  const { database } = await open({ pool: { maxConnections: 1 } });
  const name = await schema(database);
  await database.execute(`create table ${name}.t (id int primary key, code text unique)`);
  await database.execute(`insert into ${name}.t values (1, 'secret-canary')`);
  const prize = await database.query(`select prize from ${name}.t where code = 'secret-canary'`).catch((error: Error) => error);
  expect(prize).toMatchObject({ code: 'MILLRACE_QUERY', sqlState: '42703', position: 8, retryable: false, cause: { code: '42703' } });
  expect((prize as Error).message).toMatch(/^column "prize" does not exist, at character 8 of `select prize from \S+ where c\w*…` \(SQLSTATE 42703\)$/);
  const twice = await database.execute(`insert into ${name}.t values (2, $1)`, ['secret-canary']).catch((error: Error) => error);
  expect(twice).toMatchObject({ sqlState: '23505', status: 409, constraint: 't_code_key', table: 't' });
  const wrong = await database.query('select $1::int', ['secret-canary']).catch((error: Error) => error);
  expect(wrong).toMatchObject({ sqlState: '22P02' });
  for (const error of [prize, twice, wrong]) expect(`${(error as Error).message} ${JSON.stringify(error)}`).not.toContain('secret-canary');
  expect(database.stats().pool).toMatchObject({ opened: 1, closed: 0 });
});

it('D2 a lent connection is one session until it is released, and is clean for the next', async () => {
  const { database } = await open({ pool: { maxConnections: 1 } });
  const connection = await database.getConnection();
  await connection.execute('create temp table mine (i int)');
  expect(await connection.query('select * from mine')).toEqual([]);
  connection.release();
  expect(() => connection.release()).toThrow(expect.objectContaining({ code: 'MILLRACE_RELEASED' }));
  await expect(database.query('select * from mine')).rejects.toMatchObject({ sqlState: '42P01' });
  {
    using borrowed = await database.acquire();
    expect(await borrowed.queryOne('select 1 as one')).toEqual({ one: 1 });
  }
  expect(database.stats().pool.idle).toBe(1);
});

it('D3 every statement is counted under its normalized text', async () => {
  const { database } = await open();
  for (let index = 0; index < 5; index++) await database.query(`select ${index} as n, $1::text as t -- call ${index}`, [`value ${index}`]);
  await database.query('select 7 /* again */ AS n,  $1::text as T', ['x']);
  await database.query('select no_such_thing').catch(() => {});
  const [first] = database.statements().filter(({ statement }) => statement === normalize('select 1 as n, $1::text as t'));
  expect(first).toMatchObject({ count: 6, errors: 0, rows: 6, slow: 0 });
  expect(first!.p95Ms).toBeGreaterThan(0);
  expect(first!.totalMs).toBeGreaterThanOrEqual(first!.maxMs);
  expect(database.statements().find(({ statement }) => statement === 'select no_such_thing')).toMatchObject({ count: 1, errors: 1 });
  expect(JSON.stringify(database.statements())).not.toContain('value 3');
});

it('D3 a slow statement is told with who asked, and its parameters by kind only', async () => {
  const { database, named } = await open({ slowAfter: '20ms' });
  const context = contextFor('GET /reports', { caller: 'user-7', correlationId: 'req-1' }, system);
  await database.query('select pg_sleep(0.03), $1::text, $2::int', ['secret-canary', 5], context);
  expect(named('database.statement.slowed')).toMatchObject([
    {
      statement: 'select pg_sleep(?), ?::text, ?::int',
      parameters: ['string(13)', 'number'],
      operation: 'GET /reports',
      caller: 'user-7',
      correlationId: 'req-1',
      rows: 1,
      failed: false,
    },
  ]);
  expect(named('database.statement.slowed')[0]!.tookMs).toBeGreaterThan(20);
  expect(JSON.stringify(named('database.statement.slowed'))).not.toContain('secret-canary');
});

it('D3 the waterfall gets a database step with the statement and no values', async () => {
  const { database } = await open();
  const steps: string[] = [];
  const recorder = {
    begin: (seam: string, name: string, parent: number) => steps.push(`${seam}: ${name} below ${parent}`) - 1,
    end: (step: number, outcome: string) => void steps.push(`${step} ${outcome}`),
  };
  await database.query('select 42 as answer', [], contextFor('GET /', { recorder }, system).with({ step: 3 }));
  await database.query('select 1/0', [], contextFor('GET /', { recorder }, system)).catch(() => {});
  expect(steps).toEqual(['database: select ? as answer below 3', '0 ok', 'database: select ? / ? below -1', '2 error']);
});

it('D12 insertMany writes many rows of any type in few statements, and skips conflicts when told to', async () => {
  const { database } = await open();
  const name = await schema(database);
  await database.execute(
    `create table ${name}."odd ""table" (id int primary key, "Weird; drop table x" text, tags text[], detail jsonb, at timestamptz default now(), ok boolean)`,
  );
  async function* rows(count: number) {
    for (let id = 0; id < count; id++) yield { id, 'Weird; drop table x': `{"a\\b',${id}`, tags: ['x"y', null, 'z\\'], detail: { id }, ok: id % 2 === 0 };
  }
  const report = await database.insertMany(`${name}.odd "table`, rows(2500), { chunkRows: 1000 });
  expect(report).toEqual({ read: 2500, written: 2500, chunks: 3 });
  const last = await database.queryOne(`select id, "Weird; drop table x" as weird, tags, detail, ok from ${name}."odd ""table" where id = 2499`);
  expect(last).toEqual({ id: 2499, weird: `{"a\\b',2499`, tags: ['x"y', null, 'z\\'], detail: { id: 2499 }, ok: false });
  expect(await database.insertMany(`${name}.odd "table`, rows(2501), { conflict: 'skip' })).toEqual({ read: 2501, written: 1, chunks: 1 });
  await expect(database.insertMany(`${name}.odd "table`, rows(1))).rejects.toMatchObject({ code: 'MILLRACE_QUERY', sqlState: '23505' });
  await expect(database.insertMany(`${name}.nothing`, rows(1))).rejects.toMatchObject({ code: 'MILLRACE_BATCH' });
  await expect(database.insertMany(`${name}.odd "table`, [{ nope: 1 }])).rejects.toThrow(/has no column nope; it has id,/);
  await database
    .transaction(async (tx) => {
      await tx.insertMany(`${name}.odd "table`, [{ id: 9000 }]);
      throw new Error('back');
    })
    .catch(() => {});
  expect(await database.queryOne(`select count(*)::int as n from ${name}."odd ""table"`)).toEqual({ n: 2501 });
});

it('D5 health and statistics say how it stands', async () => {
  const { database } = await open({ pool: { minConnections: 2, maxConnections: 4 } });
  expect(await database.healthCheck()).toMatchObject({ state: 'up', detail: { waiting: 0 } });
  const held = await Promise.all(Array.from({ length: 3 }, () => database.getConnection()));
  expect(database.stats().pool).toMatchObject({ inUse: 3, utilisation: 0.75, maxConnections: 4, minConnections: 2 });
  for (const one of held) one.release();
  const figures: string[] = [];
  const note = (name: string, _help: string, _value: unknown, labels?: Readonly<Record<string, string>> | readonly number[]) =>
    void figures.push(`${name} ${JSON.stringify(labels)}`);
  database.collect({ counter: note, gauge: note, histogram: (name) => void figures.push(name) });
  expect(figures).toContain('db_connections {"type":"active"}');
  expect(figures).toContain('millrace_database_statement_seconds');
  const away = createDatabase({ url: 'postgres://postgres@127.0.0.1:1/none', pool: { connectAttempts: 1 } });
  await expect(away.start()).rejects.toMatchObject({ code: 'MILLRACE_UNAVAILABLE' });
  expect(await away.healthCheck()).toMatchObject({ state: 'down' });
});

it('D1 the database’s refusals are told apart: nobody there, wrong database, wrong URL', async () => {
  const nobody = createDatabase({ url: 'postgres://postgres:secret-canary@127.0.0.1:1/none' });
  const refused = await nobody.start().catch((error: Error) => error);
  expect(refused).toMatchObject({ code: 'MILLRACE_UNAVAILABLE', attempts: 3, retryable: true });
  const wrong = new URL(url());
  wrong.pathname = '/no_such_database';
  await expect(createDatabase({ url: wrong.href }).start()).rejects.toMatchObject({ code: 'MILLRACE_DATABASE_REFUSED', sqlState: '3D000' });
  const noUrl = (() => {
    try {
      return createDatabase({ url: 'mysql://root:secret-canary@x/y' });
    } catch (error) {
      return error as Error;
    }
  })();
  expect(noUrl).toMatchObject({ code: 'MILLRACE_CONFIG' });
  for (const error of [refused, noUrl]) expect(`${(error as Error).message}${JSON.stringify(error)}${(error as Error).stack}`).not.toContain('secret-canary');
});
