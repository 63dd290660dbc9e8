import { expect, it } from 'vitest';
import { TestClock } from '../../testing/index.ts';
import { Evidence } from './evidence.ts';
import { Positions } from './positions.ts';

it('C8 a stream that answers and is behind proves nothing: only what the log held when it was asked, once that has passed', async () => {
  const clock = new TestClock();
  const positions = new Positions();
  const ending = new AbortController();
  let [end, nudges] = [100n, 0];
  const evidence = new Evidence({ clock, positions, endOfLog: () => Promise.resolve(end), nudge: () => nudges++ });
  const beganMs = clock.monotonicMs();
  const running = evidence.run(ending.signal);
  await clock.advance(500);
  end = 200n;
  await clock.advance(4000);
  expect([evidence.look(), evidence.sinceMs, nudges]).toEqual([false, undefined, 10]);
  positions.jump(100n);
  expect(evidence.look()).toBe(true);
  expect((evidence.sinceMs ?? 0) - beganMs).toBeLessThanOrEqual(500);
  positions.jump(200n);
  expect(evidence.look()).toBe(true);
  expect((evidence.sinceMs ?? 0) - beganMs).toBe(4500);
  ending.abort();
  await running;
});
