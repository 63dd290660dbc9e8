import { expect, it } from 'vitest';
import { Ordered, StoppedWhileStarting } from './ordered.ts';

it('O1 a start is taken back last first', async () => {
  const seen: string[] = [];
  const ordered = new Ordered((line) => seen.push(line));
  for (const name of ['database', 'http', 'traffic']) {
    await ordered.step(
      name,
      async () => void seen.push(`+${name}`),
      async () => void seen.push(`-${name}`),
    );
  }
  expect(await ordered.stop()).toBe(true);
  expect(await ordered.stop()).toBe(true);
  expect(seen).toEqual(['+database', '+http', '+traffic', '-traffic', '-http', '-database']);
});

it('O1 a stop in the middle of a start waits for the step under way, begins no other, and takes that one back', async () => {
  const seen: string[] = [];
  const ordered = new Ordered((line) => seen.push(line));
  const { promise, resolve } = Promise.withResolvers<void>();
  const start = (async () => {
    await ordered.step(
      'database',
      () => promise,
      async () => void seen.push('-database'),
    );
    await ordered.step('http', async () => void seen.push('+http'));
  })();
  const stop = ordered.stop();
  const refused = expect(start).rejects.toBeInstanceOf(StoppedWhileStarting);
  resolve();
  await refused;
  expect(await stop).toBe(true);
  expect(seen).toEqual(['-database']);
});

it('O1 a part that fails to stop is named, and the others are stopped all the same', async () => {
  const seen: string[] = [];
  const ordered = new Ordered((line) => seen.push(line));
  await ordered.step(
    'database',
    async () => {},
    async () => void seen.push('-database'),
  );
  await ordered.step(
    'http',
    async () => {},
    () => Promise.reject(new Error('it hangs')),
  );
  expect(await ordered.stop()).toBe(false);
  expect(seen).toEqual(['http did not stop: it hangs', '-database']);
});
