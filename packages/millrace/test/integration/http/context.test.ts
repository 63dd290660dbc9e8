import { setTimeout as wait } from 'node:timers/promises';
import { millraceServer } from 'millrace/fastify';
import { expect, it } from 'vitest';
import { type CallContext, currentContext } from '../../../src/kernel/index.ts';
import { ask, serve, until } from './serve.ts';

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

it('H6 a request keeps its id and its trace from the first header to the last, and the handler runs inside its context', async () => {
  let inside: readonly unknown[] = [];
  const { port } = await serve((app) => {
    app.post('/orders/:id', async (request) => {
      await wait(1);
      inside = [currentContext() === request.call, request.call.correlationId, request.call.identity.traceId, request.call.operation];
      return {};
    });
  });
  const { headers } = await ask(port, '/orders/7?x=1', {
    method: 'POST',
    headers: { 'x-request-id': 'shop-42', traceparent, 'content-type': 'application/json' },
    body: '{"a":1}',
  });
  expect(inside).toEqual([true, 'shop-42', '4bf92f3577b34da6a3ce929d0e0e4736', 'POST /orders/:id']);
  expect(headers['x-request-id']).toBe('shop-42');
  expect(headers['traceparent']).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$/);
});

it('H6 X4 an id or a trace that is not well formed is replaced, not repeated', async () => {
  const { port } = await serve((app) => void app.get('/', async () => ({})));
  const { headers } = await ask(port, '/', { headers: { 'x-request-id': 'a"b<script>', traceparent: traceparent.toUpperCase() } });
  expect(headers['x-request-id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(headers['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  expect(headers['traceparent']).not.toContain('4bf92f35');
});

it('H6 two requests at once never see each other, across every wait', async () => {
  const { port } = await serve((app) => {
    app.get('/who', async (request) => {
      const before = currentContext()?.correlationId;
      await wait(5 + Math.random() * 10);
      return { before, after: currentContext()?.correlationId, id: request.id };
    });
  });
  const answers = await Promise.all(Array.from({ length: 40 }, (_, at) => ask(port, '/who', { headers: { 'x-request-id': `r-${at}` } })));
  expect(answers.map((answer) => answer.json())).toEqual(answers.map((_, at) => ({ before: `r-${at}`, after: `r-${at}`, id: `r-${at}` })));
});

it('F3 the deadline comes from the route, and a client can only make it nearer', async () => {
  const { port } = await serve((app) => {
    const left = async ({ call }: { call: CallContext }): Promise<unknown> => ({ leftMs: call.remainingMs(), priority: call.priority });
    app.get('/limited', { config: { millrace: { timeout: '2s', priority: 'high' } } }, left);
    app.get('/open', left);
  });
  const leftMs = async (path: string, timeout?: string): Promise<number> =>
    Number((await ask(port, path, timeout === undefined ? {} : { headers: { 'x-request-timeout': timeout } })).json()['leftMs'] ?? Number.POSITIVE_INFINITY);
  expect(await leftMs('/limited')).toBeGreaterThan(1000);
  expect(await leftMs('/limited')).toBeLessThanOrEqual(2000);
  expect(await leftMs('/limited', '500')).toBeLessThanOrEqual(500);
  expect(await leftMs('/limited', '1h')).toBeLessThanOrEqual(2000);
  expect(await leftMs('/open', '800ms')).toBeLessThanOrEqual(800);
  expect(await leftMs('/open')).toBe(Number.POSITIVE_INFINITY);
  expect((await ask(port, '/limited')).json()['priority']).toBe(10);
});

it('F3 past its deadline a request gets 504 whether its handler listens or not, and what is below is told to stop', async () => {
  let reason: unknown;
  const { port, host } = await serve((app) => {
    const config = { millrace: { timeout: '60ms' } } as const;
    app.get('/deaf', { config }, async ({ call }) => {
      call.signal.addEventListener('abort', () => (reason = call.reason));
      await new Promise(() => {});
    });
    app.get('/listens', { config }, async ({ call }) => wait(60_000, {}, { signal: call.signal }));
  });
  for (const path of ['/deaf', '/listens'])
    expect((await ask(port, path)).json()).toMatchObject({ status: 504, code: 'MILLRACE_DEADLINE', title: 'Gateway Timeout' });
  expect(reason).toMatchObject({ code: 'MILLRACE_DEADLINE', limitMs: 60 });
  expect(host.seen.filter(([name]) => name === 'http.request.expired')).toHaveLength(2);
});

it('H6 when the client leaves, everything below is told to stop and the request is counted once, as 499', async () => {
  let call: CallContext | undefined;
  const { port, host } = await serve((app) => {
    app.get('/long', async (request) => {
      ({ call } = request);
      await wait(60_000, undefined, { signal: request.call.signal });
    });
  });
  const leaving = new AbortController();
  const asked = ask(port, '/long', { signal: leaving.signal });
  await until(() => call !== undefined);
  leaving.abort();
  await expect(asked).rejects.toThrow();
  await until(() => call?.isAborted === true);
  expect(call?.reason).toMatchObject({ code: 'MILLRACE_ABORTED' });
  expect(host.figures.inFlight).toBe(0);
  const [figures] = host.figures.endpoints;
  expect([figures?.requests, figures?.errors, [...(figures?.durations.keys() ?? [])]]).toEqual([1, 0, ['499']]);
  expect(host.seen).toEqual([]);
});

it('H6 a slow request is told with its id and where the time went; a route may have its own idea of slow', async () => {
  const { port, host } = await serve((app) => {
    app.get('/slow/:id', { config: { millrace: { slow: '40ms' } } }, async ({ call }) => {
      const step = call.recorder?.begin('database', 'select', -1) ?? -1;
      await wait(60);
      call.recorder?.end(step, 'ok');
      return {};
    });
    app.get('/fine', { config: { millrace: { slow: '1h' } } }, async () => wait(5, {}));
  });
  host.figures.slowMs = 1;
  await ask(port, '/slow/7', { headers: { 'x-request-id': 'slow-one', traceparent } });
  await ask(port, '/fine');
  const told = host.seen.filter(([name]) => name === 'http.request.slowed').map(([, event]) => event);
  expect(told).toHaveLength(1);
  const [event] = told as { durationMs: number; spentMs: Record<string, number> }[];
  expect(event).toMatchObject({ route: '/slow/:id', method: 'GET', status: 200, correlationId: 'slow-one', limitMs: 40 });
  expect(event?.spentMs['database']).toBeGreaterThan(40);
  const sum = Object.values(event?.spentMs ?? {}).reduce((total, ms) => total + ms, 0);
  expect(sum).toBeCloseTo(event?.durationMs ?? 0, 3);
  expect(host.figures.sample('slow-one')).toMatchObject({ reason: 'slow', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' });
});

it('O4 every log line of a request holds its correlation id, and its caller once somebody has named one', async () => {
  const lines: string[] = [];
  const logger = { stream: { write: (line: string) => void lines.push(line) } };
  let caller: string | undefined;
  const { port } = await serve(
    (app) => {
      app.get('/logged', async (request) => {
        request.setCaller('tenant:9');
        request.log.info('inside');
        caller = request.call.identity.caller;
        throw new Error('nobody foresaw this');
      });
    },
    { server: { ...millraceServer(), logger } },
  );
  await ask(port, '/logged', { headers: { 'x-request-id': 'log-7' } });
  await until(() => lines.some((line) => line.includes('request completed')));
  const ofRequest = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => !String(msg).startsWith('Server'));
  expect(ofRequest.map(({ msg }) => msg)).toEqual(['incoming request', 'inside', 'The request failed', 'request completed']);
  expect(ofRequest.map((line) => line['correlationId'])).toEqual(['log-7', 'log-7', 'log-7', 'log-7']);
  expect(caller).toBe('tenant:9');
});

it('H6 an error nobody foresaw is told in full to whoever runs the service, and to the client by its id alone', async () => {
  const { port, host } = await serve((app) => {
    app.get('/fails', async () => {
      throw Object.assign(new Error('column "prize" does not exist in select prize from products'), { code: '42703' });
    });
  });
  const answer = await ask(port, '/fails', { headers: { 'x-request-id': 'f-1' } });
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(Object.keys(answer.json()).sort()).toEqual(['detail', 'requestId', 'status', 'title', 'type']);
  expect(answer.json()).toMatchObject({ status: 500, requestId: 'f-1' });
  expect(answer.body).not.toMatch(/prize|42703|\.ts/);
  expect(host.seen).toMatchObject([
    ['http.request.failed', { correlationId: 'f-1', route: '/fails', code: '42703', message: expect.stringContaining('prize') }],
  ]);
});

it('H6 a path nobody serves is a problem too, and its figures have one line however many there are', async () => {
  const { port, host } = await serve(() => {});
  for (let at = 0; at < 5; at++) expect((await ask(port, `/nothing/${at}`)).json()).toMatchObject({ status: 404, code: 'MILLRACE_NOT_FOUND' });
  expect([...host.figures.endpoints].map(({ method, route, requests }) => [method, route, requests])).toEqual([['GET', 'other', 5]]);
});
