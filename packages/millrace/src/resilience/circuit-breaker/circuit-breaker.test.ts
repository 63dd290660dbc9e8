import { expect, it } from 'vitest';
import { AbortedError } from '../../kernel/index.ts';
import { contextFor, HangingCall, RecordedEvents, settle, TestClock } from '../../testing/index.ts';
import { CircuitBreaker, type CircuitBreakerEvents, type CircuitBreakerOptions, CircuitBreakerRegistry } from './index.ts';

const setUp = (options?: CircuitBreakerOptions) => {
  const clock = new TestClock();
  const events = new RecordedEvents<CircuitBreakerEvents>();
  const breaker = new CircuitBreaker('moralis', options, { clock, events });
  const ok = () => breaker.run(() => Promise.resolve('ok'));
  const fail = (error: unknown = new Error('503 Service Unavailable')) => breaker.run(() => Promise.reject(error)).catch((caught: unknown) => caught);
  return { clock, events, breaker, ok, fail };
};
const times = async (count: number, work: () => Promise<unknown>): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await work();
};

it('F1 opens after five failures in a row, refuses at once, and tries again after the reset time', async () => {
  const { clock, events, breaker, ok, fail } = setUp();
  await times(4, fail);
  await ok();
  await times(4, fail);
  expect(breaker.state).toBe('closed');
  await fail();
  expect(breaker.state).toBe('open');
  await clock.advance(12_000);
  await expect(ok()).rejects.toMatchObject({
    code: 'MILLRACE_CIRCUIT_OPEN',
    retryAfterMs: 18_000,
    failures: 5,
    message: 'moralis is not called for another 18000 ms: 5 failures, last 503 Service Unavailable',
  });
  await clock.advance(18_000);
  expect(await ok()).toBe('ok');
  expect(breaker.state).toBe('closed');
  expect(events.seen.map(([name]) => name)).toEqual(['resilience.breaker.opened', 'resilience.breaker.halfOpened', 'resilience.breaker.closed']);
  expect(events.seen.at(-1)?.[1]).toEqual({ name: 'moralis', openMs: 30_000 });
  expect(breaker.stats()).toEqual({ name: 'moralis', state: 'closed', calls: 11, failures: 9, refused: 1, opened: 1, retryAfterMs: 0, forMs: 0 });
});

it('F1 by share of a window: says nothing before the minimum, then opens at half', async () => {
  const { breaker, ok, fail } = setUp({ ratio: 0.5, window: 20, minimumCalls: 10 });
  await times(9, fail);
  expect(breaker.state).toBe('closed');
  const mixed = setUp({ ratio: 0.5, window: 20, minimumCalls: 10 });
  await times(14, mixed.ok);
  await times(9, mixed.fail);
  expect(mixed.breaker.state).toBe('closed');
  await mixed.fail();
  expect(mixed.breaker.state).toBe('open');
  await ok();
  expect(breaker.state).toBe('closed');
});

it('F1 calls still running do not thin the share of failures', async () => {
  const { breaker, fail } = setUp({ ratio: 0.5, minimumCalls: 10 });
  const hanging = Array.from({ length: 40 }, () => breaker.run(() => new Promise<never>(() => {})));
  await times(10, fail);
  expect(hanging).toHaveLength(40);
  expect(breaker.state).toBe('open');
});

it('F1 of ten thousand waiting callers one reaches a service that may have recovered', async () => {
  const { clock, breaker, fail } = setUp();
  await times(5, fail);
  await clock.advance(30_000);
  let reached = 0;
  const trial = () => {
    reached++;
    return Promise.reject(new Error('still down'));
  };
  const outcomes = await Promise.allSettled(Array.from({ length: 10_000 }, () => breaker.run(trial)));
  expect(reached).toBe(1);
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(10_000);
  expect(breaker.state).toBe('open');
});

it('F1 a trial that hangs holds nobody up and is given up after a reset time', async () => {
  const { clock, breaker, ok, fail } = setUp();
  await times(5, fail);
  await clock.advance(30_000);
  const hanging = new HangingCall<string, string>();
  const first = breaker.layer<string, string>()(hanging.call)('trial', contextFor('trial'));
  await expect(ok()).rejects.toMatchObject({ code: 'MILLRACE_CIRCUIT_OPEN' });
  await clock.advance(30_000);
  expect(await ok()).toBe('ok');
  expect(breaker.state).toBe('closed');
  hanging.fail(new Error('very late'));
  await expect(first).rejects.toThrow('very late');
  expect(breaker.state).toBe('closed');
});

it('F1 results of an older epoch do not open it again', async () => {
  const { clock, breaker, ok, fail } = setUp();
  const late: ((error: Error) => void)[] = [];
  const old = Array.from({ length: 6 }, () => breaker.run(() => new Promise<never>((_resolve, reject) => late.push(reject))).catch(() => 'failed'));
  await times(5, fail);
  await clock.advance(30_000);
  await ok();
  for (const reject of late) reject(new Error('began before the trip'));
  await Promise.all(old);
  await settle();
  expect(breaker.state).toBe('closed');
});

it('F1 an abort by the caller and a 404 count as neither; 429 and 503 count', async () => {
  const { breaker, fail } = setUp();
  await times(20, () => fail(new AbortedError('price.read')));
  await times(20, () => fail(Object.assign(new Error('no such coin'), { status: 404 })));
  expect(breaker.state).toBe('closed');
  await times(5, () => fail(Object.assign(new Error('too many'), { status: 429 })));
  expect(breaker.state).toBe('open');
});

it('F1 a trial that its caller aborts gives its place back', async () => {
  const { clock, breaker, ok, fail } = setUp();
  await times(5, fail);
  await clock.advance(30_000);
  await fail(new AbortedError('trial'));
  expect(breaker.state).toBe('half open');
  expect(await ok()).toBe('ok');
});

it('F1 closes only after the asked number of successes, with so many trials at once', async () => {
  const { clock, breaker, ok, fail } = setUp({ trials: 2, successes: 3 });
  await times(5, fail);
  await clock.advance(30_000);
  await Promise.all([ok(), ok()]);
  expect(breaker.state).toBe('half open');
  await ok();
  expect(breaker.state).toBe('closed');
});

it('F1 held open by hand it stays open until it is reset, and one call resets all', async () => {
  const registry = new CircuitBreakerRegistry({ clock: new TestClock() });
  const price = registry.breaker('price');
  price.isolate();
  expect(registry.breaker('price')).toBe(price);
  await expect(price.run(() => Promise.resolve(1))).rejects.toMatchObject({ message: 'price is not called until it is released by hand: 0 failures' });
  expect(registry.resetAll()).toBe(1);
  expect(await price.run(() => Promise.resolve(1))).toBe(1);
  expect(registry.stats()).toMatchObject([{ name: 'price', state: 'closed', refused: 1 }]);
});

it('F1 names made of data do not grow the registry without end', () => {
  const registry = new CircuitBreakerRegistry({ clock: new TestClock() });
  for (let host = 0; host < 1000; host++) registry.breaker(`host-${host}`);
  expect(() => registry.breaker('host-1000')).toThrow('the 1001th');
});
