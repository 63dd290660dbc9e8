import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { expect, it } from 'vitest';
import { open, schema } from './support.ts';

/** Ways to leave something behind in a session: statements to run one after another. `$schema` is the test's own. */
const leaks: Record<string, readonly string[]> = {
  'an open transaction': ['begin'],
  'a transaction with a write': ['begin', 'insert into $schema.t values (1)'],
  'a failed transaction': ['begin', 'select 1/0'],
  'start transaction': ['start transaction isolation level serializable'],
  'an open savepoint': ['begin', 'savepoint s'],
  'a released savepoint': ['begin', 'savepoint s', 'release savepoint s'],
  'a row lock': ['begin', 'select * from $schema.t for update'],
  'a table lock': ['begin', 'lock table $schema.t in access exclusive mode'],
  'a transaction-bound lock': ['begin', 'select pg_advisory_xact_lock(4711)'],
  'an open cursor': ['begin', 'declare c cursor for select 1'],
  'a cursor with hold': ['declare c cursor with hold for select 1'],
  search_path: ['set search_path to pg_catalog'],
  'session search_path': ['set session search_path to pg_catalog'],
  'search_path by function': [`select set_config('search_path', 'pg_catalog', false)`],
  'search_path after a comment': ['/* hi */ -- there\n set search_path to pg_catalog'],
  'SET in capitals': ['SET SEARCH_PATH TO pg_catalog'],
  'a setting in a transaction that commits': ['begin', 'set search_path to pg_catalog', 'commit'],
  'a setting in a transaction that rolls back': ['begin', 'set search_path to pg_catalog', 'rollback'],
  'a local setting': ['begin', 'set local search_path to pg_catalog'],
  statement_timeout: [`set statement_timeout = '1ms'`],
  lock_timeout: [`set lock_timeout = '1ms'`],
  'a time zone': [`set time zone 'Asia/Tokyo'`],
  'a role': ['set role pg_monitor'],
  'session authorization': ['set session authorization pg_monitor'],
  'read only': ['set session characteristics as transaction read only'],
  'default isolation': [`set default_transaction_isolation = 'serializable'`],
  'a custom setting': [`set app.tenant = '7'`],
  'a custom setting by function': [`select set_config('app.tenant', '7', false)`],
  'a setting in a DO block': [`do $$ begin perform set_config('app.tenant', '7', false); end $$`],
  'a setting inside a function': ['select $schema.sets_time_zone()'],
  application_name: [`set application_name = 'leak'`],
  'row security off': ['set row_security = off'],
  'a listener': ['listen leaky'],
  'a temporary table': ['create temp table pg_class_mine (i int)'],
  'a temporary table by select': ['select 1 as i into temp mine'],
  'a temporary view': ['create or replace temporary view v as select 1 as i'],
  'a temporary sequence': ['create temporary sequence s'],
  'a session lock': ['select pg_advisory_lock(4711)'],
  'a shared session lock': ['select pg_advisory_lock_shared(4711)'],
  'a session lock that was tried': ['select pg_try_advisory_lock(4711)'],
  'a prepared statement': ['prepare p as select 1'],
  'random seed and a notice level': [`set client_min_messages = 'error'`],
  'a procedure': ['call $schema.sets_tenant()'],
};

/** Everything a borrower could notice. */
const freshText = `select
  (select count(*)::int from pg_locks where pid = pg_backend_pid() and locktype in ('advisory', 'transactionid')) as locks,
  (select count(*)::int from pg_locks l join pg_class c on c.oid = l.relation where l.pid = pg_backend_pid() and c.relname = 't') as "tableLocks",
  (select count(*)::int from pg_prepared_statements where name <> '') as prepared,
  (select count(*)::int from pg_cursors where name <> '') as cursors,
  (select count(*)::int from pg_listening_channels()) as channels,
  (select count(*)::int from pg_class where relpersistence = 't' and relnamespace = pg_my_temp_schema()) as temporary,
  coalesce(current_setting('app.tenant', true), '') as tenant,
  current_setting('search_path') as path, current_setting('statement_timeout') as timeout, current_setting('lock_timeout') as "lockTimeout",
  current_setting('TimeZone') as zone, current_setting('default_transaction_read_only') as "readOnly", current_setting('default_transaction_isolation') as isolation,
  current_setting('application_name') as application, current_setting('row_security') as security, current_setting('client_min_messages') as messages,
  current_user::text as "user"`;

type Opened = Awaited<ReturnType<typeof open>>['database'];

/** Borrows through each face, runs the statements up to `until`, and fails there when told to. */
const adapters: Record<string, (database: Opened, statements: readonly string[], throws: boolean) => Promise<void>> = {
  own: async (database, statements, throws) => {
    const connection = await database.getConnection();
    try {
      for (const statement of statements) await connection.run({ text: statement, isPlain: true }).catch(() => {});
      if (throws) throw new Error('thrown by the borrower');
    } finally {
      connection.release();
    }
  },
  'pg.Pool face': async (database, statements, throws) => {
    const client = await database.pool().connect();
    try {
      for (const statement of statements) await client.query(statement).catch(() => {});
      if (throws) throw new Error('thrown by the borrower');
    } finally {
      client.release();
    }
  },
  Drizzle: async (database, statements, throws) => {
    const db = drizzle({ client: database.pool() });
    for (const statement of statements) await db.execute(sql.raw(statement)).catch(() => {});
    if (throws) throw new Error('thrown by the borrower');
  },
};

it('D4 dirty sessions are never handed on: every kind of leak, through three faces, thrown at every step', { timeout: 180_000 }, async () => {
  const { database } = await open({ pool: { minConnections: 1, maxConnections: 1 } });
  const name = await schema(database);
  await database.execute(`create table ${name}.t (i int)`);
  await database.execute(`create function ${name}.sets_time_zone() returns void language sql as $$ select set_config('TimeZone', 'Asia/Tokyo', false) $$`);
  await database.execute(`create procedure ${name}.sets_tenant() language plpgsql as $$ begin perform set_config('app.tenant', '7', false); end $$`);
  const fresh = await database.queryOne(freshText);
  expect(fresh).toMatchObject({ locks: 0, tableLocks: 0, prepared: 0, cursors: 0, channels: 0, temporary: 0, tenant: '' });
  const kinds = Object.entries(leaks);
  expect(kinds.length).toBeGreaterThanOrEqual(40);
  let borrowed = 0;
  for (const [kind, statements] of kinds) {
    const texts = statements.map((text) => text.replaceAll('$schema', name));
    for (const [adapter, borrow] of Object.entries(adapters)) {
      for (let steps = 1; steps <= texts.length; steps++) {
        for (const throws of [false, true]) {
          await borrow(database, texts.slice(0, steps), throws).catch((error: Error) => expect(error.message).toBe('thrown by the borrower'));
          expect(await database.queryOne(freshText), `${kind} through ${adapter}, ${steps} of ${texts.length} steps`).toEqual(fresh);
          // Outside a transaction a savepoint is refused: the one thing that tells an empty open transaction from none.
          await expect(database.query('savepoint probe'), kind).rejects.toMatchObject({ sqlState: '25P01' });
          borrowed++;
        }
      }
    }
  }
  console.log(
    `${kinds.length} kinds of leak, ${borrowed} borrowers, ${database.stats().pool.cleaned} sessions cleaned, ${database.stats().pool.opened} connections opened`,
  );
  expect(database.stats().pool.cleaned).toBeGreaterThan(kinds.length);
});
