import { expect, it } from 'vitest';
import { TestClock } from '../testing/index.ts';
import { type Lifecycle, type Step, startInOrder, stopInOrder } from './index.ts';

const log: string[] = [];
const part = (name: string, start = () => Promise.resolve(), stop = () => Promise.resolve()): Step => {
  const lifecycle: Lifecycle = {
    name,
    start: () => {
      log.push(`start ${name}`);
      return start();
    },
    stop: () => {
      log.push(`stop ${name}`);
      return stop();
    },
  };
  return { part: lifecycle, startLimitMs: 100, stopLimitMs: 50 };
};
const hangs = (): Promise<void> => new Promise(() => {});

it('H9 stops in the reverse order of the start', async () => {
  log.length = 0;
  const clock = new TestClock();
  const steps = [part('pool'), part('cache'), part('http')];
  await startInOrder(steps, clock);
  expect(await stopInOrder(steps, clock)).toEqual([]);
  expect(log).toEqual(['start pool', 'start cache', 'start http', 'stop http', 'stop cache', 'stop pool']);
  expect(clock.pending).toBe(0);
});

it('H9 a part that hangs or fails while stopping does not keep the next from being stopped', async () => {
  log.length = 0;
  const clock = new TestClock();
  const stopping = stopInOrder([part('pool'), part('cache', undefined, () => Promise.reject(new Error('disk full'))), part('http', undefined, hangs)], clock);
  await clock.advance(50);
  const failures = await stopping;
  expect(failures.map(({ message }) => message)).toEqual(['http did not stop within 50 ms', 'cache did not stop: disk full']);
  expect(log).toEqual(['stop http', 'stop cache', 'stop pool']);
});

it('O1 a start that fails stops what was already started, and says which part it was', async () => {
  log.length = 0;
  const clock = new TestClock();
  const starting = expect(startInOrder([part('pool'), part('cache', hangs)], clock)).rejects.toMatchObject({
    code: 'MILLRACE_LIFECYCLE',
    part: 'cache',
    message: 'cache did not start within 100 ms',
  });
  await clock.advance(100);
  await starting;
  expect(log).toEqual(['start pool', 'start cache', 'stop cache', 'stop pool']);
});
