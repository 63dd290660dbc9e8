import { expect, it } from 'vitest';
import { planOf, type RouteOptions } from './index.ts';

it('O2 what a route says is read once into unit-named numbers', () => {
  expect(planOf('GET', '/products/:id', { timeout: '2s', slow: '500ms', priority: 'high' })).toEqual({
    method: 'GET',
    route: '/products/:id',
    operation: 'GET /products/:id',
    timeoutMs: 2000,
    slowMs: 500,
    priority: 10,
    isStream: false,
  });
  expect(planOf('GET', undefined)).toMatchObject({ operation: 'GET other', timeoutMs: Number.POSITIVE_INFINITY, slowMs: undefined, priority: 5 });
});

it('O2 every wrong word of a route is named in one error, with the route, what was found and what is allowed', () => {
  const wrong = { timeout: '2x', prority: 'high', slow: 0, priority: 'urgent' } as unknown as RouteOptions;
  expect(() => planOf('GET', '/a', wrong)).toThrow(
    expect.objectContaining({
      code: 'MILLRACE_CONFIG',
      message: [
        'config.millrace of GET /a.prority is not an option: did you mean priority?',
        'config.millrace of GET /a.timeout is "2x": write a duration such as 250ms, 5s, 10m, 1h or 1d, from 1ms to 1d',
        'config.millrace of GET /a.slow is 0: write a duration such as 250ms, 5s, 10m, 1h or 1d, from 1ms to 1h',
        'config.millrace of GET /a.priority is "urgent": write critical, high, normal, low, or a whole number from 1 to 100',
      ].join('\n'),
    }),
  );
});
