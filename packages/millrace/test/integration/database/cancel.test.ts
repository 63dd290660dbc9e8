import { expect, it } from 'vitest';
import { seededRandom } from '../../../src/testing/index.ts';
import { open, schema, until } from './support.ts';

it('D4 a cancel never reaches the next statement: 10,000 at random instants round the end, the next user asks for its marker', {
  timeout: 240_000,
}, async () => {
  const { database } = await open({ pool: { minConnections: 8, maxConnections: 8 } });
  const random = seededRandom(20_261_121);
  const wanted = 10_000;
  const sent = () => Object.values(database.stats().pool.cancels).reduce((sum, count) => sum + count, 0);
  let statements = 0;
  let wrong = 0;
  let aborted = 0;
  const isMarked = async (asking: Promise<unknown>, marker: number) => {
    const answer = await asking.catch((error: Error) => error.message);
    if (JSON.stringify(answer) !== JSON.stringify([{ marker }])) wrong++;
  };
  const one = async (): Promise<void> => {
    while (sent() < wanted) {
      const marker = ++statements;
      const leaving = new AbortController();
      const connection = await database.getConnection();
      setTimeout(() => leaving.abort(), random.next() * 5);
      await connection.query('select pg_sleep($1)', [(random.next() * 5) / 1000], { signal: leaving.signal }).catch((error: { code: string }) => {
        if (error.code === 'MILLRACE_ABORTED') aborted++;
        else wrong++;
      });
      // The next user is the holder itself, or whoever the pool hands this connection to.
      const isHolder = random.next() < 0.5;
      if (isHolder) await isMarked(connection.query('select $1::int as marker', [marker]), marker);
      connection.release();
      if (!isHolder) await isMarked(database.query('select $1::int as marker', [marker]), marker);
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
  await until('all cancels have ended', () => sent() === aborted);
  const { cancels, opened } = database.stats().pool;
  console.log(`${statements} statements, ${aborted} given up: ${JSON.stringify(cancels)}, connections opened ${opened}, wrong ${wrong}`);
  expect(wrong).toBe(0);
  expect(aborted).toBeGreaterThanOrEqual(wanted);
  // The claim counts only if the cancels really flew: many hit their statement, many came after its end.
  expect(cancels.cancelled).toBeGreaterThan(wanted / 10);
  expect(cancels.finished).toBeGreaterThan(wanted / 10);
  expect(opened).toBeLessThanOrEqual(8 + cancels.destroyed);
});

it('D4 a limit, a deadline and an abort each end the statement on the server', async () => {
  // Each has a connection before its limit begins, and the abort waits until just its statement runs: a busy machine changes nothing.
  const { database, named } = await open({ pool: { minConnections: 4, statementTimeout: '500ms' } });
  await until('a connection each', () => database.stats().pool.idle >= 4);
  const running = (text: string) =>
    database.queryOne<{ n: number }>("select count(*)::int as n from pg_stat_activity where query like $1 and state = 'active'", [text]);
  const leaving = new AbortController();
  const outcomes = [
    expect(database.query('select pg_sleep(77)')).rejects.toMatchObject({ code: 'MILLRACE_TIMEOUT', limitMs: 500 }),
    expect(database.query('select pg_sleep(77.1)', [], { timeout: '400ms' })).rejects.toMatchObject({ code: 'MILLRACE_DEADLINE' }),
    expect(database.query('select pg_sleep(77.2)', [], { signal: leaving.signal })).rejects.toMatchObject({ code: 'MILLRACE_ABORTED' }),
  ];
  await until('the third runs', async () => ((await running('select pg_sleep(77.2%'))?.n ?? 0) > 0);
  leaving.abort();
  await Promise.all(outcomes);
  await until('none runs on', async () => (await running('select pg_sleep(77%'))?.n === 0, 2000);
  await until('all three are told', () => named('database.statement.cancelled').length >= 3); // what became of each is known a moment after it has ended
  expect(named('database.statement.cancelled').map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled', 'cancelled']);
  expect(database.stats().pool.cancels.destroyed).toBe(0);
});

it('D4 a statement that is cut off inside a transaction rolls the transaction back and frees the connection', async () => {
  const { database } = await open({ pool: { maxConnections: 1 } });
  const name = await schema(database);
  await database.execute(`create table ${name}.t (i int)`);
  const work = database.transaction(
    async (tx) => {
      await tx.execute(`insert into ${name}.t values (1)`);
      await tx.query('select pg_sleep(60)');
    },
    { timeout: '100ms' },
  );
  await expect(work).rejects.toMatchObject({ code: 'MILLRACE_DEADLINE' });
  expect(await database.query(`select * from ${name}.t`)).toEqual([]);
});
