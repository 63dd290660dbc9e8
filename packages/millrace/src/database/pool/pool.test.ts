import { afterEach, expect, it } from 'vitest';
import { ScriptedDriver, serverError } from '../../../test/support/scripted-driver.ts';
import { type RootOptions, sleep } from '../../kernel/index.ts';
import { contextFor, RecordedEvents, settle, testSystem } from '../../testing/index.ts';
import { DatabaseRefusedError } from '../errors.ts';
import type { DatabaseEvents } from '../events.ts';
import { ConnectionPool, type Lease, type PoolOptions, resolvePoolOptions } from './index.ts';

const pools: ConnectionPool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.drain(0);
});

const setUp = (options: PoolOptions = {}, driver = new ScriptedDriver()) => {
  const on = testSystem();
  const events = new RecordedEvents<DatabaseEvents>();
  const pool = new ConnectionPool(resolvePoolOptions({ minConnections: 0, ...options }), { driver, system: on, events });
  pools.push(pool);
  const acquire = (operation = 'test', given: RootOptions = {}): Promise<Lease> => pool.acquire(contextFor(operation, given, on), operation);
  const run = (lease: Lease, text: string, given: RootOptions = {}, limitMs = 30_000) => lease.run({ text }, contextFor(text, given, on), limitMs);
  const named = (name: string) => events.seen.filter(([one]) => one === name).map(([, event]) => event);
  return { on, events, pool, driver, acquire, run, named };
};

const never = () => new Promise<never>(() => {});

it('D1 opens the first connection at start and the minimum behind it', async () => {
  const { pool, driver, on } = setUp({ minConnections: 3 });
  await pool.start();
  await on.clock.advance(0);
  expect(driver.open).toBe(3);
  expect(pool.stats()).toMatchObject({ total: 3, idle: 3, inUse: 0, waiting: 0, opened: 3 });
});

it('D1 defaults are the ones of the source documents, and an option nobody reads stops the start', () => {
  expect(resolvePoolOptions()).toEqual({
    minConnections: 5,
    maxConnections: 20,
    idleTimeoutMs: 30_000,
    acquireTimeoutMs: 5000,
    maxLifetimeMs: 1_800_000,
    maxWaiters: 1000,
    statementTimeoutMs: 30_000,
    validationQuery: 'SELECT 1',
    connectAttempts: 3,
  });
  expect(() => resolvePoolOptions({ acquire: 1 } as never)).toThrow(/database\.pool\.acquire is not an option/);
  expect(() => resolvePoolOptions({ minConnections: 9, maxConnections: 4 })).toThrow(/not more than maxConnections, which is 4/);
  expect(resolvePoolOptions({ maxConnections: 2 }).minConnections).toBe(2);
});

it('D1 a burst is served by what comes free first and opens one connection, not one each', async () => {
  const { pool, driver, on, acquire, run } = setUp({ minConnections: 5, maxConnections: 50 });
  driver.script = () => sleep(on.clock, 2).then(() => ({}));
  await pool.start();
  await on.clock.advance(100);
  expect(driver.open).toBe(5);
  driver.onConnect = () => sleep(on.clock, 150);
  const startMs = on.clock.monotonicMs();
  let lastMs = 0;
  const burst = Promise.all(
    Array.from({ length: 50 }, async () => {
      const lease = await acquire();
      await run(lease, 'select 1');
      lease.release();
      lastMs = on.clock.monotonicMs();
    }),
  );
  await on.clock.advance(400);
  await burst;
  // 50 statements of 2 ms on 5 connections take 20 ms at best.
  expect(lastMs - startMs).toBe(20);
  expect(driver.open).toBe(6);
});

it('D1 lasting demand doubles how many connections are opened at once', async () => {
  const { pool, driver, on, acquire } = setUp({ maxConnections: 16 });
  await pool.start();
  driver.onConnect = () => sleep(on.clock, 100);
  const held = Promise.all(Array.from({ length: 16 }, () => acquire()));
  await on.clock.advance(500);
  for (const lease of await held) lease.release();
  // One, then two, then four, then the eight that are still missing: 400 ms instead of 1500.
  expect(driver.open).toBe(16);
});

it('D1 a full pool answers with what is in use, who waits and who holds, after the limit', async () => {
  const { pool, on, acquire, run, named } = setUp({ maxConnections: 2, acquireTimeout: '1s' });
  await pool.start();
  const report = await acquire('GET /reports');
  await run(report, 'begin');
  await on.clock.advance(4200);
  const other = await acquire('GET /products/:id');
  const refused = expect(acquire('POST /sales')).rejects.toMatchObject({
    code: 'MILLRACE_POOL_BUSY',
    retryable: true,
    status: 503,
    limitMs: 1000,
    inUse: 2,
    maxConnections: 2,
    message:
      'No free connection within 1000 ms: 2 of 2 in use, 1 callers waiting. Held by GET /reports (1, longest 5200 ms, in transaction, idle), GET /products/:id (1, longest 1000 ms)',
  });
  await on.clock.advance(1000);
  await refused;
  expect(named('database.pool.exhausted')).toMatchObject([{ inUse: 2, maxConnections: 2, waiting: 1 }]);
  expect(pool.stats()).toMatchObject({ timeouts: 1, waiting: 0, utilisation: 1 });
  report.release();
  other.release();
});

it('D1 waiting ends with the deadline of the call or its caller, and leaves nothing behind', async () => {
  const { pool, on, acquire } = setUp({ maxConnections: 1 });
  await pool.start();
  const held = await acquire();
  const late = expect(acquire('a', { timeout: '200ms' })).rejects.toMatchObject({ code: 'MILLRACE_DEADLINE' });
  const leaving = new AbortController();
  const gone = expect(acquire('b', { signal: leaving.signal })).rejects.toMatchObject({ code: 'MILLRACE_ABORTED' });
  leaving.abort();
  await on.clock.advance(200);
  await Promise.all([late, gone]);
  expect(pool.stats().waiting).toBe(0);
  await expect(acquire('c', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'MILLRACE_ABORTED' });
  held.release();
});

it('D1 the more urgent are served first, equals in the order they came', async () => {
  const { pool, acquire } = setUp({ maxConnections: 1 });
  await pool.start();
  const held = await acquire();
  const order: string[] = [];
  const wait = async (name: string, priority: 'critical' | 'normal' | 'low') => {
    const lease = await acquire(name, { priority });
    order.push(name);
    lease.release();
  };
  const all = [wait('low', 'low'), wait('first', 'normal'), wait('second', 'normal'), wait('urgent', 'critical')];
  await settle();
  held.release();
  await Promise.all(all);
  expect(order).toEqual(['urgent', 'first', 'second', 'low']);
});

it('D1 the queue is bounded: the least urgent goes', async () => {
  const { pool, acquire } = setUp({ maxConnections: 1, maxWaiters: 2 });
  await pool.start();
  const held = await acquire();
  const kept = acquire('kept', { priority: 'high' });
  const displaced = expect(acquire('displaced', { priority: 'low' })).rejects.toMatchObject({ code: 'MILLRACE_POOL_BUSY' });
  const urgent = acquire('urgent', { priority: 'critical' });
  await displaced;
  await expect(acquire('late', { priority: 'normal' })).rejects.toMatchObject({ code: 'MILLRACE_POOL_BUSY', waiting: 2 });
  held.release();
  (await urgent).release();
  (await kept).release();
});

it('D1 every 60 s idle connections above the minimum are closed, and old ones replaced', async () => {
  const { pool, driver, on, acquire, named } = setUp({ minConnections: 2, maxConnections: 6, maxLifetime: '10m' });
  await pool.start();
  const held = await Promise.all(Array.from({ length: 6 }, () => acquire()));
  for (const lease of held) lease.release();
  expect(driver.open).toBe(6);
  await on.clock.advance(59_000);
  expect(driver.open).toBe(6);
  await on.clock.advance(2000);
  expect(driver.open).toBe(2);
  await on.clock.advance(600_000);
  expect(driver.open).toBe(2);
  const reasons = named('database.connection.closed').map((event) => (event as { reason: string }).reason);
  expect(reasons.filter((one) => one === 'idle')).toHaveLength(4);
  expect(reasons.filter((one) => one === 'lifetime').length).toBeGreaterThanOrEqual(2);
});

it('D1 tells the caller after three attempts with growing pauses that the server is not there, and finds it again', async () => {
  const { pool, driver, on, acquire, named } = setUp();
  driver.onConnect = () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' }));
  const refused = expect(pool.start()).rejects.toMatchObject({
    code: 'MILLRACE_UNAVAILABLE',
    retryable: true,
    status: 503,
    attempts: 3,
    address: 'db.test:5432/shop',
  });
  await on.clock.advance(1000);
  await refused;
  expect(driver.attempts).toBe(3);
  driver.onConnect = () => {};
  await pool.start();
  (await acquire()).release();
  expect(named('database.server.lost')).toHaveLength(1);
  expect(named('database.server.returned')).toHaveLength(1);
});

it('D1 during an outage one attempt runs at a time, with pauses of 2 s at most, and callers are told at once', async () => {
  const { pool, driver, on, acquire } = setUp({ minConnections: 5 });
  await pool.start();
  await on.clock.advance(0);
  let atOnce = 0;
  let most = 0;
  driver.onConnect = async () => {
    most = Math.max(most, ++atOnce);
    await sleep(on.clock, 5);
    atOnce--;
    throw new Error('connect ECONNREFUSED');
  };
  for (const connection of driver.connections) connection.lose();
  await on.clock.advance(2000);
  const before = driver.attempts;
  const answers = await Promise.allSettled(Array.from({ length: 200 }, () => acquire()));
  expect(answers.every((one) => one.status === 'rejected' && (one.reason as { code: string }).code === 'MILLRACE_UNAVAILABLE')).toBe(true);
  expect(driver.attempts).toBe(before);
  await on.clock.advance(20_000);
  expect(most).toBe(1);
  expect(driver.attempts - before).toBeLessThan(100);
  expect(driver.attempts - before).toBeGreaterThanOrEqual(10);
  driver.onConnect = () => {};
  await on.clock.advance(2100);
  expect(pool.stats()).toMatchObject({ total: 5, isDown: false });
});

it('D1 a wrong password is told at once: trying again cannot help', async () => {
  const { pool, driver } = setUp();
  driver.onConnect = () => Promise.reject(new DatabaseRefusedError('db.test:5432/shop', 'password authentication failed', '28P01'));
  await expect(pool.start()).rejects.toMatchObject({ code: 'MILLRACE_DATABASE_REFUSED', retryable: false, sqlState: '28P01' });
  expect(driver.attempts).toBe(1);
});

it('D1 a connection that was idle for more than 500 ms is asked whether it lives, and replaced when it does not', async () => {
  const { pool, driver, on, acquire, run } = setUp();
  await pool.start();
  const [first] = driver.connections;
  await on.clock.advance(400);
  (await acquire()).release();
  expect(first?.asked).not.toContain('SELECT 1');
  await on.clock.advance(501);
  (await acquire()).release();
  expect(first?.asked).toContain('SELECT 1');
  expect(driver.open).toBe(1);
  await on.clock.advance(501);
  driver.script = ({ text }, connection) => (connection === first && text === 'SELECT 1' ? never() : {});
  const lease = acquire();
  await on.clock.advance(1000);
  const served = await lease;
  expect(served.connection).not.toBe(first);
  expect(first?.isOpen).toBe(false);
  await run(served, 'select 2');
  served.release();
});

it('D1 an empty validation query checks the line with an empty query', async () => {
  const { pool, driver, on, acquire } = setUp({ validationQuery: '' });
  await pool.start();
  await on.clock.advance(501);
  (await acquire()).release();
  expect(driver.connections[0]?.asked.at(-1)).toBe('');
});

it.each([
  ['23505', 'unique violation', true],
  ['42P01', 'undefined table', true],
  ['22P02', 'invalid text', true],
  ['40001', 'serialization failure', true],
  ['57014', 'cancelled by somebody', true],
  ['08006', 'connection failure', false],
  ['57P01', 'administrator shutdown', false],
  ['57P03', 'cannot connect now', false],
  ['25006', 'read-only after a failover', false],
])('D1 after %s (%s) the connection is kept: %s', async (code, _name, isKept) => {
  const { pool, driver, acquire, run } = setUp();
  await pool.start();
  driver.script = () => serverError(code);
  const lease = await acquire();
  await expect(run(lease, 'select 1')).rejects.toMatchObject({ sqlState: code });
  lease.release();
  await settle();
  expect(driver.connections[0]?.isOpen).toBe(isKept);
});

it.each([
  ['an open transaction', 'begin', ['rollback']],
  ['a changed setting', 'set search_path to tenant_7', ['discard all']],
  ['a listener', 'LISTEN orders', ['discard all']],
  ['a temporary table', 'create temp table t (i int)', ['discard all']],
  ['a session lock', 'select pg_advisory_lock(7)', ['discard all']],
])('D4 %s is never handed on', async (_what, text, expected) => {
  const { pool, driver, acquire, run, named } = setUp({ maxConnections: 1 });
  await pool.start();
  const [connection] = driver.connections;
  const lease = await acquire('GET /careless');
  await run(lease, text);
  const next = acquire();
  const askedBefore = connection?.asked.length ?? 0;
  lease.release();
  (await next).release();
  expect(connection?.asked.slice(askedBefore)).toEqual(expected);
  expect(named('database.connection.cleaned')).toMatchObject([{ operation: 'GET /careless' }]);
});

it('D4 a session whose settings changed inside a function is cleaned too: the server reports them', async () => {
  const { pool, driver, acquire, run } = setUp();
  await pool.start();
  const [connection] = driver.connections;
  const lease = await acquire();
  await run(lease, 'select sets_the_time_zone()');
  connection!.settingsReported++;
  lease.release();
  await settle();
  expect(connection?.asked.at(-1)).toBe('discard all');
});

it('D4 a connection that cannot be cleaned is closed', async () => {
  const { pool, driver, acquire, run } = setUp();
  await pool.start();
  driver.script = ({ text }) => (text === 'rollback' ? serverError('XX000') : undefined);
  const lease = await acquire();
  await run(lease, 'begin');
  lease.release();
  await settle();
  expect(driver.connections[0]?.isOpen).toBe(false);
});

it('D4 at the limit the caller is told at once and the connection stays out of use until the cancel, the statement and a no-op have ended', async () => {
  const { pool, driver, on, acquire, run } = setUp({ maxConnections: 1 });
  await pool.start();
  const [connection] = driver.connections;
  const cancelled = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<never>();
  driver.script = ({ text }) => (text === 'select slow()' ? finished.promise : undefined);
  connection!.onCancel = () => cancelled.promise;
  const lease = await acquire();
  const told = expect(run(lease, 'select slow()', {}, 200)).rejects.toMatchObject({ code: 'MILLRACE_TIMEOUT', limitMs: 200 });
  await on.clock.advance(200);
  await told;
  lease.release();
  const next = acquire('next');
  let isServed = false;
  void next.then(() => {
    isServed = true;
  });
  await settle();
  expect(connection?.cancels).toBe(1);
  finished.reject(serverError('57014'));
  await settle();
  expect(isServed).toBe(false);
  cancelled.resolve();
  await settle();
  expect(connection?.asked.at(-1)).toBe('');
  (await next).release();
  expect(pool.stats().cancels).toEqual({ cancelled: 1, finished: 0, destroyed: 0 });
});

it('D4 a late cancel that hits the no-op hits nobody: another no-op proves it', async () => {
  const { pool, driver, on, acquire, run } = setUp();
  await pool.start();
  const finished = Promise.withResolvers<object>();
  let noOps = 0;
  driver.script = ({ text }) => {
    if (text === '') return ++noOps === 1 ? serverError('57014') : {};
    return text === 'select slow()' ? finished.promise : {};
  };
  const lease = await acquire();
  const told = expect(run(lease, 'select slow()', { timeout: '50ms' })).rejects.toMatchObject({ code: 'MILLRACE_DEADLINE' });
  await on.clock.advance(50);
  await told;
  finished.resolve({});
  await settle();
  expect(noOps).toBe(2);
  expect(await run(lease, 'select 2')).toMatchObject({ command: 'SELECT' });
  lease.release();
  expect(pool.stats().cancels).toEqual({ cancelled: 0, finished: 1, destroyed: 0 });
});

it('D4 on doubt the connection is destroyed: the cancel cannot be sent, or the statement does not end', async () => {
  for (const doubt of ['cancel fails', 'statement hangs'] as const) {
    const { pool, driver, on, acquire, run } = setUp();
    await pool.start();
    const [connection] = driver.connections;
    driver.script = ({ text }) => (text === 'select slow()' ? never() : {});
    if (doubt === 'cancel fails') connection!.onCancel = () => Promise.reject(new Error('ECONNREFUSED'));
    const lease = await acquire();
    const told = expect(run(lease, 'select slow()', {}, 100)).rejects.toMatchObject({ code: 'MILLRACE_TIMEOUT' });
    await on.clock.advance(100);
    await told;
    lease.release();
    await on.clock.advance(5000);
    expect(connection?.isOpen).toBe(false);
    expect(pool.stats()).toMatchObject({ total: 0, cancels: { cancelled: 0, finished: 0, destroyed: 1 } });
  }
});

it('D4 an abort stops the statement like a limit does', async () => {
  const { pool, driver, acquire, run } = setUp();
  await pool.start();
  driver.script = ({ text }) => (text === 'select slow()' ? never() : {});
  const leaving = new AbortController();
  const lease = await acquire();
  const told = expect(run(lease, 'select slow()', { signal: leaving.signal })).rejects.toMatchObject({ code: 'MILLRACE_ABORTED' });
  leaving.abort();
  await told;
  expect(driver.connections[0]?.cancels).toBe(1);
  lease.release(true);
});

it('D1 statements on one lent connection run one after another, and a released one takes no more', async () => {
  const { pool, driver, acquire, run } = setUp();
  await pool.start();
  const first = Promise.withResolvers<object>();
  driver.script = ({ text }) => (text === 'select 1' ? first.promise : {});
  const lease = await acquire();
  const both = [run(lease, 'select 1'), run(lease, 'select 2')];
  await settle();
  expect(driver.connections[0]?.asked).not.toContain('select 2');
  lease.release();
  expect(pool.stats().idle).toBe(0);
  first.resolve({});
  await Promise.all(both);
  expect(pool.stats().idle).toBe(1);
  expect(() => lease.release()).toThrow(expect.objectContaining({ code: 'MILLRACE_RELEASED' }));
  await expect(run(lease, 'select 3')).rejects.toMatchObject({ code: 'MILLRACE_RELEASED' });
});

it('D1 a long hold is reported once, with who holds', async () => {
  const { pool, on, acquire, named } = setUp();
  await pool.start();
  const lease = await acquire('GET /leaky');
  await on.clock.advance(180_000);
  expect(named('database.connection.overheld')).toEqual([{ operation: 'GET /leaky', connections: 1, longestMs: 60_000, isIdleInTransaction: false }]);
  lease.release();
});

it('D1 drain lets running work finish, answers every waiter, closes every connection and takes no more', async () => {
  const { pool, driver, on, acquire, run } = setUp({ maxConnections: 2 });
  await pool.start();
  const finished = Promise.withResolvers<object>();
  driver.script = ({ text }) => (text === 'select slow()' ? finished.promise : {});
  const [one, two] = await Promise.all([acquire('one'), acquire('two')]);
  const slow = run(one!, 'select slow()');
  const waiting = acquire('waiting');
  const drained = pool.drain(1000);
  await expect(acquire('too late')).rejects.toMatchObject({ code: 'MILLRACE_STOPPED' });
  two!.release();
  (await waiting).release();
  finished.resolve({});
  await slow;
  one!.release();
  await drained;
  expect(driver.open).toBe(0);
  expect(on.clock.pending).toBe(0);
  await pool.drain(1000);
});

it('D1 drain cuts what does not end in time: no promise stays unsettled', async () => {
  const { pool, driver, on, acquire, run } = setUp({ maxConnections: 1 });
  await pool.start();
  driver.script = () => never();
  const lease = await acquire('stuck');
  const outcomes = [run(lease, 'select slow()'), run(lease, 'select queued()'), acquire('waiting')].map((one) =>
    expect(one).rejects.toMatchObject({ code: 'MILLRACE_STOPPED' }),
  );
  const drained = pool.drain(500);
  await on.clock.advance(500);
  await Promise.all([...outcomes, drained]);
  expect(driver.open).toBe(0);
  expect(on.clock.pending).toBe(0);
});

it('D1 notices a transaction pooler in between, and destroys what it had to cancel', async () => {
  const { pool, driver, on, acquire, run, named } = setUp();
  // The process that answers is another one than the greeting named.
  driver.answersAs = 99;
  await pool.start();
  expect(named('database.pooler.noticed')).toEqual([{ address: 'db.test:5432/shop' }]);
  driver.script = ({ text }) => (text === 'select slow()' ? sleep(on.clock, 60).then(() => ({})) : {});
  const lease = await acquire();
  const told = expect(run(lease, 'select slow()', { timeout: '50ms' })).rejects.toMatchObject({ code: 'MILLRACE_DEADLINE' });
  await on.clock.advance(100);
  await told;
  lease.release();
  expect(pool.stats().cancels.destroyed).toBe(1);
  expect(pool.stats().total).toBe(0);
});

it('D1 the wait for a connection is a step of the waterfall', async () => {
  const { pool, on, acquire } = setUp({ maxConnections: 1 });
  await pool.start();
  const steps: string[] = [];
  const recorder = {
    begin: (seam: string, name: string, parent: number) => steps.push(`begin ${seam} ${name} ${parent}`) - 1,
    end: (step: number, outcome: string) => void steps.push(`end ${step} ${outcome}`),
  };
  const held = await acquire();
  const waiting = acquire('a', { recorder });
  const late = expect(acquire('b', { recorder, timeout: '10ms' })).rejects.toMatchObject({ code: 'MILLRACE_DEADLINE' });
  await on.clock.advance(10);
  await late;
  held.release();
  (await waiting).release();
  expect(steps).toEqual(['begin queue pool -1', 'begin queue pool -1', 'end 1 error', 'end 0 ok']);
});
