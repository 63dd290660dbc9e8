import { expect, it } from 'vitest';
import { TestClock } from '../../testing/index.ts';
import { ColdAdmission } from './cold.ts';

const signal = new AbortController().signal;

/** A second of the usual load, `perSecond` keys, for as long as it takes to be known. */
async function warm(clock: TestClock, cold: ColdAdmission, perSecond: number): Promise<void> {
  for (let half = 0; half <= 20; half++) {
    cold.sample((half * perSecond) / 2);
    await clock.advance(500);
  }
}

it('C8 while entries are in doubt at most as many of them are loaded a second as keys were loaded before', async () => {
  const clock = new TestClock();
  const cold = new ColdAdmission(clock);
  await warm(clock, cold, 200);
  cold.begin();
  let done = 0;
  for (let key = 0; key < 5000; key++) void cold.admit(1, signal).then(() => done++);
  for (let second = 1; second <= 10; second++) {
    const before = done;
    await clock.advance(1000);
    expect(done - before).toBeLessThanOrEqual(200);
    expect(done - before).toBeGreaterThan(100);
  }
});

it('C8 without doubt nobody waits, and when the last had to wait it is over', async () => {
  const clock = new TestClock();
  const cold = new ColdAdmission(clock);
  await cold.admit(1_000_000, signal);
  cold.begin();
  let done = false;
  await cold.admit(40, signal);
  void cold.admit(1, signal).then(() => {
    done = true;
  });
  expect(done).toBe(false);
  await clock.advance(2001);
  expect(done).toBe(true);
  await clock.advance(2000);
  await cold.admit(1, signal);
  expect(cold.isCold).toBe(false);
});

it('C8 who waits for a turn leaves when the call is given up', async () => {
  const clock = new TestClock();
  const cold = new ColdAdmission(clock);
  cold.begin();
  await cold.admit(1000, signal);
  const leaving = new AbortController();
  const waiting = cold.admit(1, leaving.signal);
  leaving.abort(new Error('given up'));
  await expect(waiting).rejects.toThrow('given up');
});
