import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { seededRandom } from '../../testing/index.ts';
import { DeadlineEntry } from '../clock.ts';
import { DeadlineWheel } from './deadline-wheel.ts';

class Limit extends DeadlineEntry {
  expiredAtMs: number | undefined;
  readonly #now: () => number;
  readonly #then: () => void;
  constructor(now: () => number, then: () => void = () => {}) {
    super();
    this.#now = now;
    this.#then = then;
  }
  expire(): void {
    this.expiredAtMs = this.#now();
    this.#then();
  }
}

// The wheel is the one place that owns real timers, so here they are stepped.
const now = (): number => performance.now();
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('F3 no limit is early, none is late by more than two ticks, whatever the order', () => {
  const wheel = new DeadlineWheel(now);
  const random = seededRandom(7);
  const limits = Array.from({ length: 500 }, () => ({ entry: new Limit(now), dueMs: now() + random.next() * 20_000 }));
  for (const { entry, dueMs } of limits) wheel.armAt(entry, dueMs);
  vi.advanceTimersByTime(21_000);
  for (const { entry, dueMs } of limits) {
    expect(entry.expiredAtMs).toBeGreaterThanOrEqual(dueMs);
    expect(entry.expiredAtMs).toBeLessThanOrEqual(dueMs + 17);
  }
  expect(wheel.size).toBe(0);
});

it('F3 what is disarmed never expires, and nothing keeps the process up for it', () => {
  const wheel = new DeadlineWheel(now);
  const entries = Array.from({ length: 300 }, (_, index) => {
    const entry = new Limit(now);
    wheel.armAt(entry, now() + 10 + index * 40);
    return entry;
  });
  for (const entry of entries) wheel.disarm(entry);
  expect(wheel.size).toBe(0);
  vi.advanceTimersByTime(100);
  expect(vi.getTimerCount()).toBe(0);
  expect(entries.every(({ expiredAtMs }) => expiredAtMs === undefined)).toBe(true);
});

it('F3 an entry that expires may disarm its neighbour and arm itself again', () => {
  const wheel = new DeadlineWheel(now);
  const neighbour = new Limit(now);
  let rounds = 0;
  const again: Limit = new Limit(now, () => {
    wheel.disarm(neighbour);
    if (++rounds < 3) wheel.armAt(again, now() + 50);
  });
  wheel.armAt(neighbour, now() + 20);
  wheel.armAt(again, now() + 20);
  vi.advanceTimersByTime(1000);
  expect(rounds).toBe(3);
  expect(neighbour.expiredAtMs === undefined || neighbour.expiredAtMs <= (again.expiredAtMs as number)).toBe(true);
  expect(wheel.size).toBe(0);
});

it('F3 after a stall of the event loop everything overdue expires in one go', () => {
  const wheel = new DeadlineWheel(now);
  const entries = [5, 500, 9_000, 30_000].map((ms) => {
    const entry = new Limit(now);
    wheel.armAt(entry, now() + ms);
    return entry;
  });
  vi.setSystemTime(Date.now() + 0);
  vi.advanceTimersByTime(31_000);
  expect(entries.map(({ expiredAtMs }) => expiredAtMs !== undefined)).toEqual([true, true, true, true]);
});
