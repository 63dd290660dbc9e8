import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { endpointRequest, peerAddress } from './index.ts';

const request = (url: string, headers: IncomingMessage['headers'] = {}, remoteAddress = '127.0.0.1'): IncomingMessage =>
  ({ method: 'GET', url, headers, socket: { remoteAddress } }) as unknown as IncomingMessage;

it('M8 an endpoint sees the path below its prefix, always with a slash, and the query apart', () => {
  const seen = (url: string): unknown[] => {
    const { path, query } = endpointRequest(request(url), '/performance', '', undefined);
    return [path, query.toString()];
  };
  expect(seen('/performance')).toEqual(['/', '']);
  expect(seen('/performance?a=1')).toEqual(['/', 'a=1']);
  expect(seen('/performance/health/live?x=%20&x=2')).toEqual(['/health/live', 'x=+&x=2']);
});

it('H8 a request is local only when its connection is and nobody forwarded it', () => {
  expect(peerAddress(request('/'), '127.0.0.1')).toBe('127.0.0.1');
  expect(peerAddress(request('/', {}, '192.0.2.7'), '127.0.0.1')).toBe('192.0.2.7');
});

it.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via', 'x-forwarded-host'])(
  'H8 a request with %s never passes for a local one, whatever it claims',
  (header) => {
    for (const claimed of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '127.9.9.9'])
      expect(peerAddress(request('/', { [header]: claimed }), claimed)).toBe('forwarded');
    expect(peerAddress(request('/', { [header]: '203.0.113.9' }), '203.0.113.9')).toBe('203.0.113.9');
  },
);
