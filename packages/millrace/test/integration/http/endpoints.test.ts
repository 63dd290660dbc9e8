import http from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type Endpoint, encodeEvent } from '../../../src/kernel/index.ts';
import { testHost } from './host.ts';
import { ask, serve, until } from './serve.ts';

const probes: Endpoint = async ({ path, method, remoteAddress, body }) => {
  if (path === '/health/live') return { status: 200, headers: { 'content-type': 'application/json' }, body: '{"state":"up"}' };
  if (path === '/echo') return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ method, remoteAddress, body }) };
  if (path === '/forged') return { status: 200, headers: { 'x-note': 'a\r\nset-cookie: admin=1' } };
  return { status: 404, headers: {} };
};

const mounts = ['/performance', '/api/v1/performance'].map((prefix) => ({ prefix, endpoint: probes }));

it('M8 a probe is reachable under every prefix it is mounted at, by GET and HEAD, and stands in no figure', async () => {
  const { port, host } = await serve(() => {}, { host: testHost({ endpoints: mounts }) });
  for (const { prefix } of mounts) {
    const live = await ask(port, `${prefix}/health/live`);
    expect([live.status, live.json(), live.headers['content-type']]).toEqual([200, { state: 'up' }, 'application/json; charset=utf-8']);
    expect((await ask(port, `${prefix}/health/live`, { method: 'HEAD' })).status).toBe(200);
    expect((await ask(port, prefix)).status).toBe(404);
  }
  expect([...host.figures.endpoints]).toEqual([]);
});

it('H8 an endpoint learns who really asks, and gets a body only as JSON', async () => {
  const { port } = await serve(() => {}, { host: testHost({ endpoints: mounts }), server: { trustProxy: true } });
  const echo = async (headers: http.OutgoingHttpHeaders, body?: string): Promise<Record<string, unknown>> =>
    (await ask(port, '/performance/echo', body === undefined ? { headers } : { method: 'PUT', headers, body })).json();
  expect(await echo({})).toMatchObject({ remoteAddress: '127.0.0.1' });
  expect(await echo({ 'x-forwarded-for': '127.0.0.1' })).toMatchObject({ remoteAddress: 'forwarded' });
  expect(await echo({ 'x-forwarded-for': '203.0.113.9' })).toMatchObject({ remoteAddress: '203.0.113.9' });
  expect(await echo({ 'content-type': 'application/json' }, '{"a":1}')).toMatchObject({ method: 'PUT', body: { a: 1 } });
  expect(await echo({ 'content-type': 'application/x-www-form-urlencoded' }, 'a=1')).toMatchObject({ status: 415 });
});

it('X4 an endpoint cannot write a forged header', async () => {
  const { port, host } = await serve(() => {}, { host: testHost({ endpoints: mounts }) });
  const answer = await ask(port, '/performance/forged');
  expect([answer.status, answer.headers['set-cookie'], answer.headers['x-note']]).toEqual([500, undefined, undefined]);
  expect(host.seen).toMatchObject([['http.request.failed', { code: 'MILLRACE_HEADER' }]]);
});

/** Streams until told to stop, counting what is open and what was made. */
class Streams {
  open = 0;
  made = 0;
  readonly endpoint: Endpoint = async (_request, { signal }) => ({
    status: 200,
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    body: this.#events(signal),
  });

  async *#events(signal: AbortSignal): AsyncGenerator<string> {
    this.open++;
    try {
      while (!signal.aborted) {
        yield encodeEvent({ id: ++this.made, data: 'x'.repeat(10_000) });
        if (this.made % 100 === 0) await wait(1);
      }
    } finally {
      this.open--;
    }
  }
}

it('M8 H7 an event stream is open at once, waits for a reader that does not read, and ends when its reader leaves', async () => {
  const streams = new Streams();
  const { port } = await serve(() => {}, { host: testHost({ endpoints: [{ prefix: '/events', endpoint: streams.endpoint }] }) });
  const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http.get({ port, host: '127.0.0.1', path: '/events', agent: false, headers: { 'x-request-id': 'sse-1' } }, resolve).on('error', reject);
  });
  expect([answer.headers['content-type'], answer.headers['x-request-id']]).toEqual(['text/event-stream', 'sse-1']);
  let before = -1;
  await until(() => streams.made > 0);
  while (before !== streams.made) {
    before = streams.made;
    await wait(50);
  }
  expect(before * 10_000).toBeLessThan(16 * 1024 * 1024); // what the sockets of both sides hold, and no more
  answer.destroy();
  await until(() => streams.open === 0);
});

it('H9 a stop ends event streams at once and does not wait for their readers', async () => {
  const streams = new Streams();
  const host = testHost({ endpoints: [{ prefix: '/events', endpoint: streams.endpoint }], graceMs: 60_000 });
  const { port } = await serve(() => {}, { host });
  const ended = new Promise<boolean>((resolve, reject) => {
    http
      .get({ port, host: '127.0.0.1', path: '/events', agent: false }, (answer) => answer.resume().on('end', () => resolve(answer.complete)))
      .on('error', reject);
  });
  await until(() => streams.open === 1);
  await host.faces[0]?.stop();
  expect([await ended, streams.open]).toEqual([true, 0]);
  expect(host.faces).toEqual([]);
});
