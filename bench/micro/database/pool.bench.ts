import { createDatabase } from '../../../packages/millrace/src/database/index.ts';
import type { Bench, Reading, SideFactory } from '../../harness/figure.ts';
import { scratchServer, slowToConnect } from './server.ts';

const callers = 100;
const seconds = 0.8;
const connectMs = 150;

/** One pool under test, whichever it is. */
interface Subject {
  query(text: string, values: readonly unknown[]): Promise<unknown>;
  opened(): number;
  end(): Promise<void>;
}
type Make = (url: string, min: number, max: number) => Promise<Subject>;

const millrace: Make = async (url, minConnections, maxConnections) => {
  const database = createDatabase({ url, pool: { minConnections, maxConnections } });
  await database.start();
  return { query: (text, values) => database.query(text, values), opened: () => database.stats().pool.opened, end: () => database.stop() };
};
const pgPool: Make = async (url, min, max) => {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({ connectionString: url, min, max, idleTimeoutMillis: 0 });
  let opened = 0;
  pool.on('connect', () => void opened++);
  pool.on('error', () => {});
  return { query: (text, values) => pool.query(text, [...values]), opened: () => opened, end: () => pool.end() };
};

/** Statements per second with all callers asking one after the other; every tenth fails when `failing`. */
async function throughput(pool: Subject, failing: boolean): Promise<number> {
  const endMs = performance.now() + seconds * 1000;
  let count = 0;
  let failures = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const isFailing = failing && count % 10 === 0;
      count++;
      if (isFailing) await pool.query('insert into products values ($1)', [1]).catch(() => failures++);
      else await pool.query('select id, name from products where id = $1', [1 + (count % 10_000)]);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  if (failing && failures < count / 20) throw new Error('every tenth statement was to fail');
  return count / seconds;
}

/** 50 short statements at once on 5 warm connections, where a new one takes 150 ms: when the last has its answer, and what was opened for it. */
async function spike(make: Make, url: string): Promise<Reading> {
  const pool = await make(url, 5, 50);
  await Promise.all(Array.from({ length: 5 }, () => pool.query('select pg_sleep(0.4)', [])));
  const before = pool.opened();
  const sinceMs = performance.now();
  await Promise.all(Array.from({ length: 50 }, () => pool.query('select pg_sleep(0.002)', [])));
  const spikeMs = performance.now() - sinceMs;
  await new Promise((resolve) => setTimeout(resolve, 2 * connectMs));
  const spikeOpened = pool.opened() - before;
  await pool.end();
  return { spikeMs, spikeOpened };
}

const side =
  (make: Make): SideFactory =>
  async () => {
    const server = await scratchServer();
    const far = await slowToConnect(server.url, connectMs);
    const pool = await make(server.url, 5, 20);
    await pool.query('create table products (id int primary key, name text)', []);
    await pool.query(`insert into products select i, 'product ' || i from generate_series(1, 10000) i`, []);
    await throughput(pool, false);
    return {
      async round() {
        const plain = await throughput(pool, false);
        const failing = await throughput(pool, true);
        return { queriesPerSecond: plain, queriesPerSecondFailing: failing, kept: failing / plain, ...(await spike(make, far.url)) };
      },
      async close() {
        await pool.end();
        far.close();
        await server.close();
      },
    };
  };

export const bench: Bench = {
  area: 'database',
  pinned: false,
  rounds: 11,
  setting: `one row by primary key, ${callers} callers, 20 connections, unnamed statements; spike: 50 statements of 2 ms on 5 warm connections, ${connectMs} ms to connect; ours tracks every statement and keeps its limits`,
  packages: ['pg'],
  sides: { millrace: side(millrace), 'pg.Pool': side(pgPool) },
  figures: [
    {
      id: 'database/pool',
      question: 'What does the pool cost beside pg.Pool, statements tracked and limited?',
      metric: 'queriesPerSecond',
      ours: 'millrace',
      peer: 'pg.Pool',
    },
    {
      id: 'database/pool-failing',
      question: 'What is left of the throughput when every tenth statement fails?',
      metric: 'kept',
      ours: 'millrace',
      peer: 'pg.Pool',
      goal: { direction: 'atLeast', value: 0.8 },
    },
    {
      id: 'database/pool-spike',
      question: 'How long does a burst take when new connections are slow to come?',
      metric: 'spikeMs',
      ours: 'millrace',
      peer: 'pg.Pool',
    },
    {
      id: 'database/pool-spike-opened',
      question: 'How many connections does that burst open?',
      metric: 'spikeOpened',
      ours: 'millrace',
      peer: 'pg.Pool',
      goal: { direction: 'atMost', value: 2 },
    },
  ],
};
