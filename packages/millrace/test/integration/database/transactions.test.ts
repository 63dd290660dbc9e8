import { createDatabase } from 'millrace/database';
import { expect, it } from 'vitest';
import { Link, open, schema, until, url } from './support.ts';

const accounts = async (database: Awaited<ReturnType<typeof open>>['database']): Promise<string> => {
  const name = await schema(database);
  await database.execute(`create table ${name}.t (id int primary key, n int not null)`);
  await database.execute(`insert into ${name}.t select i, 0 from generate_series(1, 10) i`);
  return `${name}.t`;
};
const read = (database: Awaited<ReturnType<typeof open>>['database'], table: string, id: number) =>
  database.queryOne<{ n: number }>(`select n from ${table} where id = $1`, [id]);

it('D2 a transaction commits what it did, or nothing', async () => {
  const { database } = await open();
  const table = await accounts(database);
  expect(await database.transaction(async (tx) => await tx.execute(`update ${table} set n = 1 where id = 1`))).toBe(1);
  const failure = new Error('back');
  await expect(
    database.withTransaction(async (tx) => {
      await tx.execute(`update ${table} set n = 2 where id = 2`);
      throw failure;
    }),
  ).rejects.toBe(failure);
  expect([await read(database, table, 1), await read(database, table, 2)]).toEqual([{ n: 1 }, { n: 0 }]);
  expect(database.stats().pool).toMatchObject({ inUse: 0, cleaned: 0 });
});

it('D2 a nested transaction is a savepoint, called on the transaction or on the database', async () => {
  const { database } = await open({ pool: { maxConnections: 1 } });
  const table = await accounts(database);
  await database.transaction(async (tx) => {
    await tx.execute(`update ${table} set n = 1 where id = 1`);
    await expect(
      tx.transaction(async (inner) => {
        await inner.execute(`update ${table} set n = 9 where id = 1`);
        await inner.execute(`insert into ${table} values (1, 1)`);
      }),
    ).rejects.toMatchObject({ sqlState: '23505' });
    await database.withTransaction(async (inner) => {
      await inner.execute(`update ${table} set n = 2 where id = 2`);
      await inner.transaction(async (innermost) => void (await innermost.execute(`update ${table} set n = 3 where id = 3`)));
    });
    await Promise.all([4, 5].map((id) => tx.transaction(async (inner) => void (await inner.execute(`update ${table} set n = ${id} where id = ${id}`)))));
  });
  expect(await database.query(`select id, n from ${table} where n > 0 order by id`)).toEqual([1, 2, 3, 4, 5].map((id) => ({ id, n: id })));
});

it('D2 a failure that the callback swallowed does not pass for a commit', async () => {
  const { database } = await open();
  const table = await accounts(database);
  await expect(
    database.transaction(async (tx) => {
      await tx.execute(`update ${table} set n = 1 where id = 1`);
      await tx.execute('select 1/0').catch(() => {});
    }),
  ).rejects.toMatchObject({ code: 'MILLRACE_TRANSACTION', cause: { code: 'MILLRACE_QUERY', sqlState: '22012' } });
  expect(await read(database, table, 1)).toEqual({ n: 0 });
});

it('D2 a transaction that is kept beyond its end refuses', async () => {
  const { database } = await open();
  const kept = await database.transaction(async (tx) => tx);
  await expect(kept.query('select 1')).rejects.toMatchObject({ code: 'MILLRACE_TRANSACTION' });
});

it('D2 serialization failures and deadlocks are tried again on request, and only then', async () => {
  const { database, named } = await open();
  const table = await accounts(database);
  const bump = async (retries: number) => {
    const both = Promise.withResolvers<void>();
    let arrived = 0;
    const one = () => {
      let isFirst = true;
      return database.transaction(
        async (tx) => {
          const row = await tx.queryOne<{ n: number }>(`select n from ${table} where id = 1`);
          if (isFirst && ++arrived === 2) both.resolve();
          isFirst = false;
          await both.promise;
          await tx.execute(`update ${table} set n = $1 where id = 1`, [row!.n + 1]);
        },
        { isolation: 'serializable', retries },
      );
    };
    return await Promise.allSettled([one(), one()]);
  };
  const once = await bump(0);
  expect(once.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect((once.find(({ status }) => status === 'rejected') as PromiseRejectedResult).reason).toMatchObject({ sqlState: '40001', retryable: true });
  expect(named('database.transaction.retried')).toEqual([]);
  expect((await bump(5)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  expect(await read(database, table, 1)).toEqual({ n: 3 });
  expect(named('database.transaction.retried')).toMatchObject([{ sqlState: '40001', attempt: 1 }]);
});

it('D2 read only is enforced by the server, and the options are checked', async () => {
  const { database } = await open();
  const table = await accounts(database);
  await expect(database.transaction((tx) => tx.execute(`update ${table} set n = 1`), { readOnly: true })).rejects.toMatchObject({ sqlState: '25006' });
  await expect(database.transaction(async () => {}, { isolation: 'snapshot' as never })).rejects.toMatchObject({ code: 'MILLRACE_CONFIG' });
  expect(database.stats().pool.closed).toBe(0);
});

it('D2 an aborted call ends its transaction at once, whatever the callback does', async () => {
  const { database } = await open({ pool: { maxConnections: 1 } });
  const table = await accounts(database);
  const leaving = new AbortController();
  const inside = Promise.withResolvers<void>();
  const work = database.transaction(
    async (tx) => {
      await tx.execute(`update ${table} set n = 1 where id = 1`);
      inside.resolve();
      await new Promise(() => {});
    },
    { signal: leaving.signal },
  );
  const told = expect(work).rejects.toMatchObject({ code: 'MILLRACE_ABORTED' });
  await inside.promise;
  leaving.abort();
  await told;
  expect(await read(database, table, 1)).toEqual({ n: 0 });
});

/** Cuts the line when COMMIT has been sent: `before` the server gets it, or `after` it has answered. */
const cutInCommit = async (when: 'before' | 'after') => {
  const link = await Link.open();
  const { database, named } = await open({ url: link.url, pool: { maxConnections: 2 } });
  const table = await accounts(database);
  let isArmed = false;
  const cutAt = (data: Buffer, word: string): boolean => {
    if (!isArmed || !data.includes(word)) return true;
    isArmed = false;
    setImmediate(() => link.cut());
    return false;
  };
  if (when === 'after') {
    // The id comes first and passes; the answer to COMMIT is kept back.
    link.fromServer = (data) => {
      const at = isArmed ? data.indexOf('COMMIT\0') : -1;
      return at < 0 || cutAt(data, 'COMMIT\0');
    };
  } else {
    link.fromClient = (data) => cutAt(data, 'commit\0');
  }
  const work = database.transaction(async (tx) => {
    await tx.execute(`update ${table} set n = 1 where id = 1`);
    isArmed = true;
  });
  const outcome = await work.then(
    () => 'committed',
    (error: { code: string }) => error,
  );
  return { outcome, row: await read(database, table, 1), named };
};

it('D2 a commit whose answer was lost is settled by the server: it was committed, and that is what the caller hears', async () => {
  let settled = 0;
  for (let round = 0; round < 10; round++) {
    const { outcome, row, named } = await cutInCommit('after');
    // Where the id arrived in the piece that was cut off with the commit's answer nobody can ask, and it is said so: never a guess.
    if (outcome === 'committed') {
      settled++;
      expect(row).toEqual({ n: 1 });
      expect(named('database.commit.settled')).toMatchObject([{ outcome: 'committed' }]);
    } else {
      expect(outcome).toMatchObject({ code: 'MILLRACE_COMMIT_UNKNOWN', transactionId: '' });
    }
  }
  expect(settled).toBeGreaterThan(0);
});

it('D2 a commit that never reached the server is not reported as done', async () => {
  const { outcome, row } = await cutInCommit('before');
  expect(outcome).toMatchObject({ code: 'MILLRACE_COMMIT_UNKNOWN' });
  expect(row).toEqual({ n: 0 });
});

it('D2 a server killed in the middle of a statement gives a named error, and the next call works', async () => {
  const { database } = await open({ pool: { minConnections: 0, maxConnections: 2 } });
  const connection = await database.getConnection();
  const slow = connection.query('select pg_sleep(30)');
  const told = expect(slow).rejects.toMatchObject({ code: 'MILLRACE_CONNECTION_LOST', sqlState: '57P01' });
  await database.query('select pg_terminate_backend($1)', [connection.processId]);
  await told;
  connection.release();
  const killed = database.transaction(async (tx) => {
    const { pid } = (await tx.queryOne<{ pid: number }>('select pg_backend_pid() as pid'))!;
    await database.query('select pg_terminate_backend($1)', [pid]);
    await tx.query('select 1');
  });
  await expect(killed).rejects.toMatchObject({ code: 'MILLRACE_CONNECTION_LOST' });
  expect(await database.queryOne('select 1 as one')).toEqual({ one: 1 });
  expect(database.stats().pool).toMatchObject({ inUse: 0, waiting: 0 });
});

it('D1 half-open connections are found out when they are lent, and replaced', async () => {
  const link = await Link.open();
  const { database } = await open({ url: link.url, pool: { minConnections: 4, maxConnections: 4, acquireTimeout: '5s' } });
  await until('all are open', () => database.stats().pool.idle === 4);
  await new Promise((resolve) => setTimeout(resolve, 600));
  const frozen = link;
  frozen.isFrozen = true;
  const waiting = database.queryOne('select 1 as one', [], { timeout: '4s' });
  setTimeout(() => {
    frozen.isFrozen = false;
  }, 300);
  // What was swallowed stays swallowed: the old lines are dead, new ones work.
  expect(await waiting).toEqual({ one: 1 });
  expect(database.stats().pool.closed).toBeGreaterThan(0);
});

it('D1 after a restart of every connection the pool recovers by itself', async () => {
  const { database, named } = await open({ pool: { minConnections: 5, maxConnections: 5 } });
  await until('all are open', () => database.stats().pool.idle === 5);
  const other = createDatabase({ url: url(), pool: { minConnections: 0 }, applicationName: 'killer' });
  await other.start();
  const pids = new Set<number>();
  await Promise.all(
    Array.from({ length: 5 }, async () => void pids.add((await database.queryOne<{ pid: number }>('select pg_backend_pid() as pid, pg_sleep(0.05)'))!.pid)),
  );
  await other.query('select pg_terminate_backend(p) from unnest($1::int[]) p', [[...pids]]);
  await until('they are gone', () => named('database.connection.closed').length >= 5);
  expect(await database.queryOne('select 1 as one')).toEqual({ one: 1 });
  await until('the minimum is back', () => database.stats().pool.total === 5);
  await other.stop();
});
