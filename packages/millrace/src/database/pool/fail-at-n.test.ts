/** X3: every scenario of the pool with its first, second, third … port call failing in each of the five ways. */
import { expect, it } from 'vitest';
import { type ScriptedConnection, ScriptedDriver } from '../../../test/support/scripted-driver.ts';
import type { Clock } from '../../kernel/index.ts';
import { countingIds, type FaultInjector, failAtN, seededRandom, settle, TestClock } from '../../testing/index.ts';
import { createDatabase, type Database } from '../database.ts';

const watch = (own: ScriptedConnection, faults: FaultInjector): void => {
  const [query, commit, cancel] = [own.query.bind(own), own.commit.bind(own), own.cancel.bind(own)];
  // A port call that fails without a server error means a broken line to the driver: it ends the connection.
  const broken = (error: unknown): never => {
    own.lose();
    throw error;
  };
  own.query = (statement) => faults.call('query', () => query(statement)).catch(broken);
  own.commit = (learn) => faults.call('commit', () => commit(learn)).catch(broken);
  own.cancel = () => faults.call('cancel', () => cancel());
};

/** Every call that leaves the process goes through the injector: connect, statement, commit, cancel, goodbye. */
const faultyDriver = (faults: FaultInjector): ScriptedDriver => {
  const driver = new ScriptedDriver();
  const connect = driver.connect.bind(driver);
  driver.connect = async () => {
    let own: ScriptedConnection | undefined;
    try {
      return await faults.call('connect', async () => {
        await connect();
        own = driver.connections.at(-1)!;
        watch(own, faults);
        return own;
      });
    } catch (error) {
      own?.destroy(); // a driver that reports a failure keeps no connection
      throw error;
    }
  };
  return driver;
};

/** Ends every promise: time passes until nothing waits any more. */
async function pass(clock: TestClock, ...work: Promise<unknown>[]): Promise<PromiseSettledResult<unknown>[]> {
  const all = Promise.allSettled(work);
  let isOver = false;
  void all.then(() => {
    isOver = true;
  });
  for (let second = 0; second < 200 && !isOver; second++) await clock.advance(1000);
  expect(isOver, 'every caller is answered').toBe(true);
  return await all;
}

const scenarios: Record<string, (database: Database, clock: TestClock) => Promise<unknown>[]> = {
  'one statement': (database) => [database.query('select 1')],
  'more callers than connections': (database) => Array.from({ length: 5 }, (_, index) => database.query(`select ${index}`)),
  'a statement that reaches its limit': (database, clock) => [
    database.query('select slow()', [], { timeout: '50ms' }).finally(() => clock.monotonicMs()),
    database.query('select 2'),
  ],
  'an idle connection that is asked first': (database, clock) => [clock.advance(2000).then(() => database.query('select 1'))],
  'a transaction': (database) => [database.transaction(async (tx) => void (await tx.execute('update t set n = 1')))],
  'a nested transaction that fails inside': (database) => [
    database.transaction(async (tx) => {
      await tx.transaction(() => Promise.reject(new Error('inner'))).catch(() => {});
      await tx.execute('update t set n = 1');
    }),
  ],
  'a borrower that leaves a mess': (database) => [
    database.getConnection().then(async (connection) => {
      try {
        await connection.run({ text: 'begin' });
        await connection.run({ text: 'set search_path to x' });
      } finally {
        connection.release();
      }
    }),
  ],
};

it.each(Object.keys(scenarios))('X3 %s: with any port call failing in any way every caller is answered, and nothing is left behind', async (name) => {
  const report = await failAtN(
    async (faults: FaultInjector, given: Clock) => {
      const clock = given as TestClock;
      const driver = faultyDriver(faults);
      driver.script = ({ text }) => (text === 'select slow()' ? new Promise(() => {}) : {});
      const pool = { minConnections: 0, maxConnections: 2, acquireTimeout: '5s', statementTimeout: '20s' } as const;
      const database = createDatabase(
        { url: 'postgres://tester@db.test/shop', pool },
        { driver, system: { clock, random: seededRandom(1), ids: countingIds() } },
      );
      const [started] = await pass(clock, database.start());
      if (started?.status === 'fulfilled') {
        const outcomes = await pass(clock, ...scenarios[name]!(database, clock));
        for (const one of outcomes) if (one.status === 'rejected') expect((one.reason as { code: string }).code).toMatch(/^MILLRACE_/);
      }
      await clock.advance(300_000);
      expect(database.stats().pool, 'no borrowed connection').toMatchObject({ inUse: 0, waiting: 0, connecting: 0 });
      await pass(clock, database.stop('1s'));
      await settle();
      // A late success of the injector may still be on its way; nothing of ours may.
      await clock.advance(120_000);
      expect(clock.pending, 'no timer').toBe(0);
      expect(driver.open, 'no open connection').toBe(0);
      expect(database.stats().pool).toMatchObject({ total: 0, inUse: 0, waiting: 0, connecting: 0 });
    },
    { clock: () => new TestClock() },
  );
  expect(Object.values(report.fired).every((count) => count > 0)).toBe(true);
});
