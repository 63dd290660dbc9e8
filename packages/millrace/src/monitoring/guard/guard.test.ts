import { describe, expect, it } from 'vitest';
import type { EndpointRequest } from '../../kernel/index.ts';
import { Guard, type GuardOptions } from './index.ts';

const key = 'correct-horse-battery';
const request = (headers: Record<string, string> = {}, remoteAddress = '127.0.0.1'): EndpointRequest => ({
  ...{ method: 'PUT', path: '/thresholds', query: new URLSearchParams(), remoteAddress, body: {} },
  headers: { host: 'localhost:3000', 'content-type': 'application/json', ...headers },
});

const guard = (options: Partial<GuardOptions> = {}): Guard => new Guard({ host: '127.0.0.1', apiKeys: [], allowedHosts: [], ...options });
const beyond = guard({ host: '0.0.0.0', apiKeys: ['another-long-key-1', key] });

function statusOf(one: Guard, asked: EndpointRequest): number {
  try {
    one.admit(asked);
    return 200;
  } catch (error) {
    return (error as { status: number }).status;
  }
}

describe('guard', () => {
  it('M7 lets a plain client on this machine change things without a key', () => {
    expect(statusOf(guard(), request())).toBe(200);
    expect(statusOf(guard(), request({ host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-origin' }))).toBe(200);
    expect(statusOf(guard(), request({ host: '[::1]:3000' }, '::1'))).toBe(200);
  });

  it('M7 refuses a Host that is not ours: a name somebody pointed at this machine', () => {
    for (const host of ['evil.example', 'evil.example:3000', 'localhost.evil.example', '127.0.0.1.evil.example', ''])
      expect([host, statusOf(guard(), request({ host }))]).toEqual([host, 421]);
    expect(statusOf(guard({ allowedHosts: ['Shop.example'] }), request({ host: 'shop.example:443' }))).toBe(200);
    expect(
      statusOf(guard({ host: '0.0.0.0', apiKeys: [key], allowedHosts: ['shop.example'] }), request({ host: 'other.example', authorization: `Bearer ${key}` })),
    ).toBe(421);
  });

  it('M7 refuses a page of another site, whatever else it sends', () => {
    for (const headers of [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost:4000' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ])
      expect([headers, statusOf(beyond, request({ ...headers, authorization: `Bearer ${key}` }))]).toEqual([headers, 403]);
  });

  it('M7 refuses any content type that a form could send', () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonp', ''])
      expect([type, statusOf(guard(), request({ 'content-type': type }))]).toEqual([type, 415]);
    expect(statusOf(guard(), request({ 'content-type': 'application/json; charset=utf-8' }))).toBe(200);
  });

  it('M7 X6 wants a key as soon as the service is reachable from elsewhere, and takes only the whole key', () => {
    expect(statusOf(beyond, request({}, '127.0.0.1'))).toBe(401);
    for (const wrong of ['', 'x', key.slice(0, -1), `${key}x`, key.toUpperCase()])
      expect([wrong, statusOf(beyond, request({ authorization: `Bearer ${wrong}` }))]).toEqual([wrong, 401]);
    expect(statusOf(beyond, request({ authorization: `Bearer ${key}` }, '10.0.0.7'))).toBe(200);
    expect(statusOf(beyond, request({ 'x-api-key': key, host: 'shop.example' }, '10.0.0.7'))).toBe(200);
  });

  it('M7 wants a key of a request that was forwarded, also on loopback', () => {
    expect(statusOf(guard({ apiKeys: [key] }), request({}, 'forwarded'))).toBe(401);
    expect(statusOf(guard({ apiKeys: [key] }), request({ authorization: `Bearer ${key}` }, 'forwarded'))).toBe(200);
  });

  it('M7 without any key nobody from elsewhere can change anything', () => {
    const keyless = guard({ host: '0.0.0.0' });
    for (const headers of [{}, { authorization: 'Bearer ' }, { authorization: 'Bearer x' }, { 'x-api-key': '' }])
      expect(statusOf(keyless, request(headers, '10.0.0.7'))).toBe(401);
  });
});
