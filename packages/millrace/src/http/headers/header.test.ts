import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkedHeaders, forbiddenAt } from './index.ts';

it('X4 a header with a control character is refused, by its name and the place', () => {
  for (const code of [0, 1, 8, 10, 13, 27, 31, 127])
    expect(() => checkedHeaders({ 'retry-after': `1${String.fromCharCode(code)}set-cookie: a=b` })).toThrow(
      expect.objectContaining({ code: 'MILLRACE_HEADER', message: expect.stringContaining('"retry-after" was not written: the character at 1 ') }),
    );
  expect(checkedHeaders({ 'x-note': 'a\tb é' })).toEqual({ 'x-note': 'a\tb é' });
});

it('X4 a header name holds what a token may hold, and nothing else', () => {
  for (const name of ['', 'a b', 'a:', 'a\r\nb', 'ä']) expect(() => checkedHeaders({ [name]: 'v' })).toThrow(/was not written/);
});

it('X4 whatever passes the check, Node takes too, and it stays one line on the wire', async () => {
  const values = fc.sample(fc.string({ maxLength: 20, unit: fc.integer({ min: 0, max: 300 }).map((code) => String.fromCharCode(code)) }), 2000);
  const server = createServer((_, answer) => {
    for (const [at, value] of values.entries()) if (forbiddenAt(value) < 0) answer.setHeader(`x-${at}`, value);
    answer.end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const names = await new Promise<string[]>((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    get({ port, host: '127.0.0.1', maxHeaderSize: 1_000_000 }, (answer) => resolve(Object.keys(answer.resume().headers))).on('error', reject);
  });
  server.close();
  const passing = values.filter((value) => forbiddenAt(value) < 0).length;
  expect(passing).toBeGreaterThan(100);
  expect(passing).toBeLessThan(values.length);
  expect(names.filter((name) => /^x-\d+$/.test(name))).toHaveLength(passing);
});
