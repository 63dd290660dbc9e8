import { expect, it } from 'vitest';
import { system } from './index.ts';

/** Keeps the thread busy, as a long synchronous loop or a stopped process does. */
const stall = (ms: number): void => {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
};

it('C8 after the process stood still, whoever asks first is told the new time, timers or no timers', async () => {
  const { clock } = system;
  let beforeMs = 0;
  // Two tasks of one turn of the loop: no timer has its turn between them.
  setImmediate(() => {
    beforeMs = clock.coarseMs();
    stall(60);
  });
  const waited = await new Promise<number>((resolve) => setImmediate(() => resolve(clock.coarseMs() - beforeMs)));
  expect(waited).toBeGreaterThanOrEqual(59);
});
