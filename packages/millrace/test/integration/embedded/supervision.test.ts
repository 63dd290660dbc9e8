import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type EmbeddedEvents, type EmbeddedState, startEmbedded } from '../../../src/database/embedded/index.ts';
import { type Clock, system } from '../../../src/kernel/index.ts';
import { RecordedEvents } from '../../../src/testing/index.ts';
import { lives, query, Starter, scratch, until } from './harness.ts';

const parentOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
};

it('O1 a server that dies is started again at the same address, and readiness says so', async () => {
  const events = new RecordedEvents<EmbeddedEvents>();
  const server = await startEmbedded({ directory: join(scratch(), 'data') }, { events });
  onTestFinished(() => server.stop());
  const states: EmbeddedState[] = [];
  server.onState((state) => states.push(state));
  const { url, pid } = server;
  await query(url, 'create table kept as select 5 as answer');
  expect(await server.check(AbortSignal.timeout(1000))).toMatchObject({ state: 'up' });
  process.kill(pid, 'SIGKILL');
  await until('the fall is noticed', () => server.state !== 'ready');
  expect(await server.check(AbortSignal.timeout(1000))).toMatchObject({ state: 'down' });
  await until('ready again', () => server.state === 'ready');
  expect(states).toEqual(['restarting', 'ready']);
  expect(server.url).toBe(url);
  expect(server.pid).not.toBe(pid);
  expect(await query(url, 'select answer from kept')).toEqual([{ answer: 5 }]);
  expect(events.seen.map(([name]) => name)).toEqual(['database.embedded.started', 'database.embedded.exited', 'database.embedded.started']);
});

it('O1 a server that dies more often than allowed stays down and says so', async () => {
  const events = new RecordedEvents<EmbeddedEvents>();
  const server = await startEmbedded({ directory: join(scratch(), 'data'), maxRestarts: 2 }, { events });
  onTestFinished(() => server.stop());
  for (let death = 1; death <= 3; death++) {
    const { pid } = server;
    process.kill(pid, 'SIGKILL');
    await until('noticed', () => server.state === 'failed' || (server.state === 'ready' && server.pid !== pid));
  }
  expect(server.state).toBe('failed');
  expect(events.seen.at(-1)).toEqual(['database.embedded.failed', { restarts: 2, windowMs: 60_000, lastWords: expect.any(String) }]);
});

/** The machine's clock, which knows how many pieces of upkeep wait. */
function countingClock(): { clock: Clock; waiting: Set<object> } {
  const { clock: real } = system;
  const waiting = new Set<object>();
  const background = (ms: number, task: () => void): (() => void) => {
    const entry = {};
    waiting.add(entry);
    const cancel = real.background(ms, () => {
      waiting.delete(entry);
      task();
    });
    return () => {
      waiting.delete(entry);
      cancel();
    };
  };
  const clock: Clock = {
    wallMs: () => real.wallMs(),
    monotonicMs: () => real.monotonicMs(),
    coarseMs: () => real.coarseMs(),
    after: (ms, task) => real.after(ms, task),
    background,
    armAt: (entry, atMs) => real.armAt(entry, atMs),
    disarm: (entry) => real.disarm(entry),
  };
  return { clock, waiting };
}

it('O1 a stop during a restart starts nothing again and leaves nothing behind', async () => {
  const { clock, waiting } = countingClock();
  const server = await startEmbedded({ directory: join(scratch(), 'data') }, { system: { ...system, clock } });
  const { url } = server;
  process.kill(server.pid, 'SIGKILL');
  await until('restarting', () => server.state === 'restarting');
  expect(waiting.size).toBe(1);
  await server.stop();
  expect(waiting.size).toBe(0);
  expect(server.state).toBe('stopped');
  await expect(query(url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

it('O1 the server dies with its starter, however that ends', async () => {
  const starter = new Starter(join(scratch(), 'data'));
  const { pid } = await starter.ready();
  starter.child.kill('SIGKILL');
  await starter.ended;
  await until('the server is gone', () => !lives(pid));
});

it('O1 a server left alone by killed processes is adopted with its data, and dies with its new starter', async () => {
  const directory = join(scratch(), 'data');
  const first = new Starter(directory);
  const { pid, url } = await first.ready();
  await query(url, 'create table kept as select 9 as answer');
  process.kill(first.child.pid!, 'SIGSTOP'); // so that it sees nothing of what follows
  for (const one of guardsOf(pid)) process.kill(one, 'SIGKILL');
  first.child.kill('SIGKILL');
  await first.ended;
  const second = new Starter(directory);
  const found = await second.ready();
  expect(found).toMatchObject({ adopted: true, pid, url });
  expect(await query(url, 'select answer from kept')).toEqual([{ answer: 9 }]);
  second.child.kill('SIGKILL');
  await second.ended;
  await until('the server is gone', () => !lives(pid));
});

/** The shell above the server, and the guard that the shell started. */
function guardsOf(pid: number): number[] {
  const keeper = parentOf(pid);
  const below = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== pid && parentOrNone(Number(name)) === keeper);
  const cats = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && below.includes(String(parentOrNone(Number(name)))));
  return [keeper, ...below.map(Number), ...cats.map(Number)];
}

function parentOrNone(pid: number): number {
  try {
    return parentOf(pid);
  } catch {
    return -1; // ended meanwhile
  }
}

it('O1 an adopted server is stopped by its new starter', async () => {
  const directory = join(scratch(), 'data');
  const first = new Starter(directory);
  const { pid } = await first.ready();
  process.kill(first.child.pid!, 'SIGSTOP');
  for (const one of guardsOf(pid)) process.kill(one, 'SIGKILL');
  first.child.kill('SIGKILL');
  await first.ended;
  const second = new Starter(directory);
  expect(await second.ready()).toMatchObject({ adopted: true, pid });
  expect(await second.stop()).toBe(0);
  await until('the server is gone', () => !lives(pid));
});

it('O1 Ctrl-C reaches the starter and not the server, so that requests can drain first', async () => {
  const starter = new Starter(join(scratch(), 'data'));
  const { url } = await starter.ready();
  process.kill(-starter.child.pid!, 'SIGINT'); // the terminal signals the whole group
  await starter.line('interrupted');
  expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(await starter.stop()).toBe(0);
});
