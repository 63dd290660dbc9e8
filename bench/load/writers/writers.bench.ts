import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase, startEmbedded } from 'millrace/database';
import pg from 'pg';
import type { Bench, LoadSide } from '../../harness/figure.ts';

/*
 * What do writers pay for caches that follow their commits? Two connections update one row a transaction, at 70 % of the rate that they reach unhindered, for a
 * few seconds; the time of each transaction is taken from when it should have begun.
 */

const writers = 2;
const rows = 10_000;
const seconds = 3;

type Follow = (url: string) => Promise<() => Promise<void>>;

const nobody: Follow = async () => async () => {};

/** The change feed of a process whose entity names the table. */
const feed: Follow = async (url) => {
  const child = fork(new URL('../support/follower.ts', import.meta.url), [url]);
  await once(child, 'message');
  return async () => {
    const ended = once(child, 'exit');
    child.send('stop');
    await ended;
  };
};

/** What many do by hand: a trigger that notifies in each transaction, and somebody who listens. */
const notify: Follow = async (url) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create or replace function tell() returns trigger language plpgsql as $$ begin perform pg_notify('items', new.id::text); return null; end $$;
    create trigger tell after update on items for each row execute function tell(); listen items`);
  client.on('notification', () => {});
  return async () => {
    await client.query('drop trigger tell on items');
    await client.end();
  };
};

/** Updates as fast as they go, or at a rate; returns the rate reached and the 95th percentile of a transaction, ms. */
async function write(clients: readonly pg.Client[], ratePerSecond: number | undefined, ms: number): Promise<{ rate: number; p95Ms: number }> {
  const took: number[] = [];
  const startedMs = performance.now();
  let next = 0;
  const one = async (client: pg.Client): Promise<void> => {
    for (;;) {
      const number = next++;
      const dueMs = ratePerSecond === undefined ? performance.now() : startedMs + (number * 1000) / ratePerSecond;
      if (dueMs - startedMs > ms) return;
      while (performance.now() < dueMs) await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
      await client.query({ name: 'update', text: 'update items set n = n + 1 where id = $1', values: [1 + ((number * 7919) % rows)] });
      took.push(performance.now() - dueMs);
    }
  };
  await Promise.all(clients.map(one));
  took.sort((a, b) => a - b);
  return { rate: (took.length * 1000) / (performance.now() - startedMs), p95Ms: took[Math.floor(took.length * 0.95)] as number };
}

async function side(follow: Follow): Promise<LoadSide> {
  const home = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  chmodSync(home, 0o755); // started as root, the server runs as another user
  const server = await startEmbedded({ directory: join(home, 'server'), settings: { autovacuum: 'off' } });
  const database = createDatabase({ url: server.url });
  await database.start();
  await database.execute('create table items (id int primary key, n int not null)');
  await database.execute(`insert into items select n, 0 from generate_series(1, ${rows}) n`);
  const clients = await Promise.all(
    Array.from({ length: writers }, async () => {
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      return client;
    }),
  );
  await write(clients, undefined, 1000);
  const { rate } = await write(clients, undefined, 2000);
  const unfollow = await follow(server.url);
  await write(clients, rate * 0.7, 1000);
  return {
    async round() {
      const { p95Ms } = await write(clients, rate * 0.7, seconds * 1000);
      const { rate: most } = await write(clients, undefined, 1000);
      return { p95Ms, writesPerSecond: most };
    },
    async close() {
      await unfollow();
      for (const client of clients) await client.end();
      await database.stop();
      await server.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export const bench: Bench = {
  area: 'cache',
  rounds: 11,
  pinned: false,
  setting: `${writers} connections, one row of ${rows.toLocaleString('en')} a transaction, at 70 % of the rate they reach with nobody following; then as fast as they go; embedded PostgreSQL, synchronous_commit and fsync on; writers, follower and server each a process, on the same two cores`,
  packages: ['pg'],
  sides: { alone: () => side(nobody), feed: () => side(feed), notify: () => side(notify) },
  figures: [
    {
      id: 'cache/writers-p95',
      question: 'What do writers pay when caches follow their commits: the 95th percentile of a commit at 70 % load, against nobody following?',
      metric: 'p95Ms',
      ours: 'feed',
      peer: 'alone',
      goal: { direction: 'atMost', ratio: 1.1 },
    },
    { id: 'cache/writers-rate', question: 'And the rate they reach as fast as they go?', metric: 'writesPerSecond', ours: 'feed', peer: 'alone' },
    {
      id: 'cache/writers-rate-notify',
      question: 'The same rate, against a NOTIFY in each transaction?',
      metric: 'writesPerSecond',
      ours: 'feed',
      peer: 'notify',
    },
  ],
};
