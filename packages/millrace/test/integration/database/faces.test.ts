import { eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { integer, numeric, pgSchema, text, timestamp } from 'drizzle-orm/pg-core';
import { type Generated, Kysely, sql as kyselySql, PostgresDialect } from 'kysely';
import { Pool } from 'millrace/database';
import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { open, schema, url } from './support.ts';

it('D2 Drizzle runs on the face unchanged: typed rows, transactions, savepoints, prepared statements, relational queries', async () => {
  const { database } = await open();
  const name = await schema(database);
  const products = pgSchema(name).table('products', {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    name: text().notNull().unique(),
    price: numeric(),
    at: timestamp({ withTimezone: true }).defaultNow(),
  });
  const db = drizzle({ client: database.pool(), schema: { products } });
  await db.execute(
    `create table ${name}.products (id int primary key generated always as identity, name text not null unique, price numeric, at timestamptz default now())`,
  );
  await db.insert(products).values([{ name: 'tea', price: '2.50' }, { name: 'rye' }]);
  const rows = await db.select().from(products).where(eq(products.name, 'tea'));
  expect(rows).toMatchObject([{ id: 1, name: 'tea', price: '2.50' }]);
  expect(rows[0]?.at).toBeInstanceOf(Date);
  const undone = db.transaction(async (tx) => {
    await tx.insert(products).values({ name: 'no' });
    await tx.transaction(async (inner) => void (await inner.insert(products).values({ name: 'tea' })));
  });
  await expect(undone).rejects.toMatchObject({ cause: { code: '23505', constraint: 'products_name_key' } });
  const kept = await db.transaction(
    async (tx) => {
      await tx.transaction(async (inner) => void (await inner.insert(products).values({ name: 'tea' }))).catch(() => {});
      return await tx.insert(products).values({ name: 'oat' }).returning({ name: products.name });
    },
    { isolationLevel: 'serializable' },
  );
  expect(kept).toEqual([{ name: 'oat' }]);
  expect(await db.query.products.findMany({ columns: { name: true }, orderBy: products.id })).toEqual([{ name: 'tea' }, { name: 'rye' }, { name: 'oat' }]);
  const prepared = db
    .select({ name: products.name })
    .from(products)
    .where(eq(products.id, sql.placeholder('id')))
    .prepare('by_id');
  expect(await prepared.execute({ id: 2 })).toEqual([{ name: 'rye' }]);
  expect(await prepared.execute({ id: 1 })).toEqual([{ name: 'tea' }]);
  expect(database.stats().pool).toMatchObject({ inUse: 0, waiting: 0 });
  expect(database.statements().some(({ statement }) => statement.includes('"products"'))).toBe(true);
});

it('D2 Kysely runs on the face unchanged', async () => {
  const { database } = await open();
  const name = await schema(database);
  interface Tables {
    products: { id: Generated<number>; name: string; price: string | null };
  }
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: database.pool() }) }).withSchema(name);
  await database.execute(`create table ${name}.products (id int primary key generated always as identity, name text not null unique, price numeric)`);
  expect(
    (
      await db
        .insertInto('products')
        .values([{ name: 'tea' }, { name: 'rye' }])
        .executeTakeFirst()
    ).numInsertedOrUpdatedRows,
  ).toBe(2n);
  expect(await db.selectFrom('products').select('name').orderBy('id').execute()).toEqual([{ name: 'tea' }, { name: 'rye' }]);
  await expect(
    db.transaction().execute(async (tx) => {
      await tx.insertInto('products').values({ name: 'no' }).execute();
      await tx.insertInto('products').values({ name: 'tea' }).execute();
    }),
  ).rejects.toMatchObject({ code: '23505' });
  const added = await db.transaction().execute((tx) => tx.insertInto('products').values({ name: 'oat' }).returning('id').executeTakeFirstOrThrow());
  expect(added.id).toBeGreaterThan(2);
  expect((await kyselySql<{ one: number }>`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
  expect(await db.connection().execute(async (one) => (await one.selectFrom('products').select('name').execute()).length)).toBe(3);
  await db.destroy();
  expect(await database.queryOne('select 1 as one')).toEqual({ one: 1 });
});

const byCallback = (run: (callback: (error: Error, result: unknown) => void) => void) =>
  new Promise<unknown>((resolve, reject) => run((error, result) => (error ? reject(error) : resolve(result))));

/** What pg's own pool answers is the measure. */
const forms: Record<string, (pool: pg.Pool) => Promise<unknown>> = {
  'query(text)': async (pool) => shape(await pool.query('select 1 as a')),
  'query(text, values)': async (pool) => shape(await pool.query('select $1::int as a', [2])),
  'query(config)': async (pool) => shape(await pool.query({ text: 'select $1::int as a', values: [3] })),
  'query(config, values)': async (pool) => shape(await pool.query({ text: 'select $1::int as a' }, [4])),
  'query(config with rowMode)': async (pool) => shape(await pool.query({ text: 'select 1 as a, 2 as b', rowMode: 'array' })),
  'query(named config)': async (pool) => shape(await pool.query({ name: 'n1', text: 'select $1::text as a', values: ['x'] })),
  'query(text, callback)': async (pool) => shape(await byCallback((callback) => pool.query('select 5 as a', callback as never))),
  'query(text, values, callback)': async (pool) => shape(await byCallback((callback) => pool.query('select $1::int as a', [6], callback as never))),
  'query(two statements)': async (pool) => ((await pool.query('select 1 as a; select 2 as b')) as unknown as pg.QueryResult[]).map(shape),
  'query(nothing)': async (pool) => shape(await pool.query('')),
  'query that fails': async (pool) =>
    await pool.query('select 1/0').catch((error: { code: string; severity: string; message: string }) => [error.code, error.severity, error.message]),
  'connect and release': async (pool) => {
    const client = await pool.connect();
    const answer = shape(await client.query('select 7 as a'));
    client.release();
    return [answer, (() => attempt(() => client.release()))()];
  },
  'connect by callback': async (pool) =>
    await new Promise((resolve, reject) =>
      pool.connect((error, client, done) => {
        if (error || !client) return reject(error);
        client.query('select 8 as a', (failure: Error, result: pg.QueryResult) => {
          done();
          if (failure) reject(failure);
          else resolve(shape(result));
        });
        return undefined;
      }),
    ),
  'a transaction by hand': async (pool) => {
    const client = await pool.connect();
    try {
      const commands = [];
      for (const text of ['begin', 'select 1', 'rollback']) commands.push((await client.query(text)).command);
      return commands;
    } finally {
      client.release();
    }
  },
  notifications: async (pool) => {
    const client = await pool.connect();
    try {
      const heard = new Promise((resolve) => client.once('notification', ({ channel, payload }) => resolve([channel, payload])));
      await client.query('listen face_test');
      await client.query(`select pg_notify('face_test', 'hello')`);
      return await heard;
    } finally {
      client.release(true);
    }
  },
  'escape functions': async (pool) => {
    const client = await pool.connect();
    const escaped = [client.escapeIdentifier('a"b'), client.escapeLiteral("it's \\ here"), client.escapeLiteral('plain')];
    client.release();
    return escaped;
  },
};
const shape = (result: unknown) => {
  const { rows, rowCount, command, fields } = result as pg.QueryResult;
  return { rows, rowCount, command, fields: fields.map(({ name, dataTypeID }) => [name, dataTypeID]) };
};
const attempt = (work: () => void): string => {
  try {
    work();
    return 'nothing thrown';
  } catch (error) {
    return (error as Error).message;
  }
};

it.each(Object.keys(forms))('D2 the face answers %s as pg.Pool does', async (form) => {
  const { database } = await open();
  const theirs = new pg.Pool({ connectionString: url() });
  onTestFinished(() => theirs.end());
  const ours = database.pool();
  expect(await forms[form]!(ours)).toEqual(await forms[form]!(theirs));
  await forms[form]!(ours);
  expect(database.stats().pool.inUse).toBe(0);
});

it('D2 the face counts, and ends by itself without ending the pool behind it', async () => {
  const { database } = await open({ pool: { minConnections: 1, maxConnections: 1 } });
  const face = database.pool();
  const client = await face.connect();
  const waiting = face.connect();
  expect([face.totalCount, face.idleCount, face.waitingCount, face.options.max]).toEqual([1, 0, 1, 1]);
  client.release();
  (await waiting).release();
  await face.end();
  expect(face.ended).toBe(true);
  await expect(face.query('select 1')).rejects.toThrow('Cannot use a pool after calling end on the pool');
  await expect(face.end()).rejects.toThrow('Called end on pool more than once');
  expect(await database.queryOne('select 1 as one')).toEqual({ one: 1 });
});

it('D2 what a connect listener sets up holds for every query of that face, and for nobody else', async () => {
  const { database } = await open({ pool: { minConnections: 1, maxConnections: 1 } });
  const face = database.pool();
  face.on('connect', (client: pg.PoolClient) => void client.query('set search_path to pg_catalog'));
  expect((await face.query('show search_path')).rows).toEqual([{ search_path: 'pg_catalog' }]);
  expect(await database.queryOne('show search_path')).toEqual({ search_path: '"$user", public' });
});

it('D2 class Pool stands in the place of new pg.Pool(…)', async () => {
  const pool = new Pool({ connectionString: url(), max: 3, idleTimeoutMillis: 5000 });
  expect((await pool.query<{ a: number }>('select $1::int as a', [1])).rows).toEqual([{ a: 1 }]);
  expect(pool.database.stats().pool.maxConnections).toBe(3);
  await pool.end();
  await expect(pool.query('select 1')).rejects.toThrow('Cannot use a pool after calling end on the pool');
  expect(() => new Pool({ connectionString: url(), maxUses: 5 } as never)).toThrow(/pool\.maxUses is not an option/);
});
