import { type ChildProcess, fork } from 'node:child_process';
import http from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';

interface Instance {
  readonly child: ChildProcess;
  readonly exit: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly told: { readonly name: string; readonly event: Record<string, unknown> }[];
}

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });

async function start(port: number, lameDuckMs: number, graceMs: number): Promise<Instance> {
  const child = fork(new URL('stop-server.ts', import.meta.url), [port, lameDuckMs, graceMs].map(String), { execArgv: ['--conditions=millrace-source'] });
  children.push(child);
  const told: Instance['told'] = [];
  const exit = new Promise<Awaited<Instance['exit']>>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  await new Promise<void>((resolve, reject) => {
    child.on('message', (message: { up?: unknown } & Instance['told'][number]) => (message.up ? resolve() : told.push(message)));
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it listened`)));
  });
  return { child, exit, told };
}

interface Tally {
  answered: number;
  readonly failed: string[];
}

/** One client: keeps its connection, sends the next request when it has its answer, and opens a new connection when told to close. */
async function client(port: number, tally: Tally, signal: AbortSignal): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  while (!signal.aborted) {
    const outcome = await get(port, '/work', agent);
    if (outcome === '200') tally.answered++;
    else tally.failed.push(outcome);
  }
  agent.destroy();
}

const get = (port: number, path: string, agent?: http.Agent): Promise<string> =>
  new Promise((resolve) => {
    const request = http.get({ host: '127.0.0.1', port, path, ...(agent && { agent }) }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(String(answer.statusCode)));
      answer.on('error', (error) => resolve(String(error)));
    });
    request.on('error', (error) => resolve(String(error)));
  });

it('H9 SIGTERM under load: two instances on one port, fifty clients that keep their connections, no failed request, exit 0', async () => {
  const port = await freePort();
  const leaving = await start(port, 300, 5000);
  await start(port, 300, 5000);
  const tally: Tally = { answered: 0, failed: [] };
  const enough = new AbortController();
  const clients = Array.from({ length: 50 }, () => client(port, tally, enough.signal));
  await wait(500);
  leaving.child.kill('SIGTERM');
  const { code, signal } = await leaving.exit;
  const answeredAtExit = tally.answered;
  await wait(300);
  enough.abort();
  await Promise.all(clients);
  expect(tally.failed).toEqual([]);
  expect({ code, signal }).toEqual({ code: 0, signal: null });
  expect(leaving.told.map(({ name }) => name)).toEqual(['http.stop.begun', 'http.stop.finished']);
  expect(leaving.told[0]?.event['inFlight']).toBeGreaterThan(0); // it was hit while it worked
  expect(tally.answered).toBeGreaterThan(answeredAtExit); // the other went on
});

it('H9 a request that runs past the grace period is told to stop and still gets an answer', async () => {
  const port = await freePort();
  const instance = await start(port, 0, 200);
  const long = get(port, '/long');
  await wait(200);
  instance.child.kill('SIGTERM');
  expect(await long).toBe('503');
  expect((await instance.exit).code).toBe(0);
  expect(instance.told.at(-1)).toMatchObject({ name: 'http.stop.finished', event: { cancelled: 1 } });
});
