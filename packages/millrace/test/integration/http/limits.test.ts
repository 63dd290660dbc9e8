import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { millraceServer, type RequestLimits } from 'millrace/fastify';
import { expect, it } from 'vitest';
import { ask, type Served, serve } from './serve.ts';

const json = { 'content-type': 'application/json' };

const served = (limits?: RequestLimits): Promise<Served> =>
  serve(
    (app) => {
      app.get('/*', async () => ({}));
      app.post('/', async (request) => ({ got: typeof request.body }));
      app.post('/merge', async (request) => ({ merged: Object.assign({}, request.body), polluted: ({} as Record<string, unknown>)['admin'] ?? null }));
    },
    { server: millraceServer(limits), options: { limits } },
  );

/** Sends raw bytes and gives what comes back until the server closes. */
const raw = (port: number, ...pieces: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', async () => {
      for (const piece of pieces) {
        socket.write(piece);
        await wait(5);
      }
    });
    socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    socket.on('error', reject).on('close', () => resolve(text));
  });

it('X4 a body of 1 MiB is taken, one byte more is 413', async () => {
  const { port } = await served();
  const body = (bytes: number): string => `"${'a'.repeat(bytes - 2)}"`;
  expect((await ask(port, '/', { method: 'POST', headers: json, body: body(1_048_576) })).json()).toEqual({ got: 'string' });
  const over = await ask(port, '/', { method: 'POST', headers: { ...json, connection: 'close' }, body: body(1_048_577) });
  expect(over.json()).toMatchObject({
    status: 413,
    code: 'MILLRACE_REQUEST_LIMIT',
    detail: 'The request has too long a body: at most 1048576 bytes are taken',
  });
});

it('X4 a body sent in pieces without a length is held to the same limit', async () => {
  const { port } = await served({ body: '1KiB' });
  const chunked = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n';
  const piece = `200\r\n${'1'.repeat(512)}\r\n`;
  expect(await raw(port, chunked, piece, piece, '0\r\n\r\n')).toContain('HTTP/1.1 200 ');
  expect(await raw(port, chunked, piece, piece, '1\r\n1\r\n', '0\r\n\r\n')).toContain('HTTP/1.1 413 ');
});

it('X4 JSON of 64 levels is taken, 65 are 400, a hundred thousand hurt nobody', async () => {
  const { port } = await served();
  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  expect((await ask(port, '/', { method: 'POST', headers: json, body: nested(64) })).status).toBe(200);
  for (const levels of [65, 100_000])
    expect((await ask(port, '/', { method: 'POST', headers: json, body: nested(levels) })).json()).toMatchObject({
      status: 400,
      code: 'MILLRACE_REQUEST_LIMIT',
      detail: 'The request has too deep a body: at most 64 levels are taken',
    });
});

it('X4 a body cannot reach the prototype of anything', async () => {
  const { port } = await served();
  for (const body of ['{"__proto__":{"admin":true}}', '{"a":{"__proto__":{"admin":true}}}', '{"constructor":{"prototype":{"admin":true}}}'])
    expect((await ask(port, '/merge', { method: 'POST', headers: json, body })).json()).toMatchObject({ status: 400, code: 'MILLRACE_REQUEST_MALFORMED' });
  expect((await ask(port, '/merge', { method: 'POST', headers: json, body: '{"a":1}' })).json()).toEqual({ merged: { a: 1 }, polluted: null });
});

it('X4 a thousand query parameters are taken, one more is 400', async () => {
  const { port } = await served();
  const path = (count: number): string => `/?${Array(count).fill('a=1').join('&')}`;
  expect((await ask(port, path(1000))).status).toBe(200);
  expect((await ask(port, path(1001))).json()).toMatchObject({ status: 400, detail: 'The request has too many query parameters: at most 1000 are taken' });
});

it('X4 a hundred header lines are taken, one more is 431', async () => {
  const { port } = await served();
  const lines = (count: number): string =>
    `GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${Array.from({ length: count - 2 }, (_, at) => `x-${at}: 1\r\n`).join('')}\r\n`;
  expect(await raw(port, lines(100))).toContain('HTTP/1.1 200 ');
  const over = await raw(port, lines(101));
  expect(over).toContain('HTTP/1.1 431 ');
  expect(over).toContain('"detail":"The request has too many headers: at most 100 are taken"');
});

it('X4 a head below 16 KiB is taken, one of 16 KiB is 431, and both answers are problems', async () => {
  const { port } = await served();
  const head = (bytes: number): string => {
    const rest = '/hosta'.length + 'connectionclose'.length + 'x'.length;
    return `GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx: ${'v'.repeat(bytes - rest)}\r\n\r\n`;
  };
  expect(await raw(port, head(16_383))).toContain('HTTP/1.1 200 ');
  const over = await raw(port, head(16_384));
  expect(over).toContain('HTTP/1.1 431 ');
  expect(over).toContain('Content-Type: application/problem+json');
  const own = await served({ headerSize: '2KiB' });
  expect(await raw(own.port, head(2048))).toContain('HTTP/1.1 200 ');
  expect(await raw(own.port, head(2049))).toContain('"code":"MILLRACE_REQUEST_LIMIT"');
});

it('X4 an address of 8,192 characters is taken, one more is 414', async () => {
  const { port } = await served();
  expect((await ask(port, `/${'a'.repeat(8191)}`)).status).toBe(200);
  expect((await ask(port, `/${'a'.repeat(8192)}`)).json()).toMatchObject({ status: 414, code: 'MILLRACE_REQUEST_LIMIT' });
});

it('X4 a head that does not end is answered with 408 and closed, while honest requests go on', async () => {
  const { port } = await served({ headerTimeout: '200ms' });
  const slow = raw(port, 'GET / HTTP/1.1\r\n', 'host: a\r\n', 'x: ');
  expect((await ask(port, '/')).status).toBe(200);
  const answer = await slow;
  expect(answer).toContain('HTTP/1.1 408 ');
  expect(answer).toContain('"detail":"The request did not arrive in time"');
});

it('X4 a body that does not end is cut off at the limit of the whole request', async () => {
  const { port } = await served({ headerTimeout: '100ms', requestTimeout: '300ms' });
  const answer = await raw(port, 'POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n', '{"a":');
  expect(answer).toContain('HTTP/1.1 408 ');
});

it('X4 what is no HTTP, a path that is wrongly encoded and a type that is not taken are problems, and repeat nothing of what came', async () => {
  const { port } = await served();
  expect(await raw(port, 'HELO canary-1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 (.|\r\n)*"code":"MILLRACE_REQUEST_MALFORMED"/);
  const broken = await ask(port, '/%zz?key=canary-2', { headers: { 'x-request-id': 'b-1' } });
  expect(broken.json()).toMatchObject({ status: 400, code: 'MILLRACE_REQUEST_MALFORMED', requestId: 'b-1' });
  const type = await ask(port, '/', { method: 'POST', headers: { 'content-type': 'text/canary-3' }, body: 'x' });
  expect(type.json()).toMatchObject({ status: 415, code: 'MILLRACE_REQUEST_MALFORMED' });
  for (const { body } of [broken, type]) expect(body).not.toContain('canary');
});

it('X4 every refusal is counted under the limit it was for', async () => {
  const { port, host } = await served({ depth: 2 });
  await ask(port, '/', { method: 'POST', headers: json, body: '[[[1]]]' });
  await ask(port, `/${'a'.repeat(9000)}`);
  const counts: Record<string, number> = {};
  host.faces[0]?.collect({
    counter: (_name, _help, value, labels) => {
      if (labels?.['limit'] !== undefined && value > 0) counts[labels['limit']] = value;
    },
    gauge: () => {},
    histogram: () => {},
  });
  expect(counts).toEqual({ depth: 1, url: 1 });
});
