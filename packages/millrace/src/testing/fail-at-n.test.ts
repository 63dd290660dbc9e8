import { expect, it } from 'vitest';
import type { Clock } from '../kernel/index.ts';
import { CanaryScan, type FaultInjector, failAtN, faultKinds, TestClock } from './index.ts';

it('X3 every call of a scenario fails once in each of the five ways', async () => {
  const seen: string[] = [];
  const report = await failAtN(
    async (faults, clock) => {
      const read = (name: string) => faults.call(name, () => Promise.resolve(name));
      const both = (async () => [await read('first'), await read('second')])();
      both.then(
        () => seen.push(`${faults.kind}: ok`),
        () => seen.push(`${faults.kind}: failed`),
      );
      await (clock as TestClock).advance(60_000);
    },
    { clock: () => new TestClock() },
  );
  expect(report.fired).toEqual(Object.fromEntries(faultKinds.map((kind) => [kind, 2])));
  expect(seen.filter((one) => one === 'error: failed')).toHaveLength(2);
  expect(seen.filter((one) => one === 'late success: ok')).toHaveLength(3);
  expect(seen.filter((one) => one.startsWith('hang'))).toEqual(['hang: ok']);
});

it('X3 a broken invariant is reported with the call and the way it failed', async () => {
  const careless = async (faults: FaultInjector, clock: Clock): Promise<void> => {
    const stored: string[] = [];
    const told: string[] = [];
    const writing = faults.call('write', async () => stored.push('row'));
    writing.catch((error: Error) => told.push(error.message));
    await (clock as TestClock).advance(60_000);
    if (told.length > 0 && stored.length > 0) throw new Error('a row nobody knows of');
  };
  await expect(failAtN(careless, { clock: () => new TestClock() })).rejects.toThrow('with call 1 as "success reported as error": a row nobody knows of');
});

it('X3 a scenario without port calls proves nothing and says so', async () => {
  await expect(failAtN(() => Promise.resolve(), { clock: () => new TestClock() })).rejects.toThrow(/no fault of kind "error" fired/);
});

it('X6 the scan finds a planted secret in every encoding, and names the place without showing it', () => {
  const scan = new CanaryScan([{ kind: 'password', secret: 'zebra/17 "x"' }]);
  scan.look('clean log', 'password=[redacted]');
  expect(scan.leaks).toEqual([]);
  scan.look('log', 'url=postgres://u:zebra%2F17%20%22x%22@h/db');
  scan.look('page', `<b>${Buffer.from('zebra/17 "x"').toString('base64')}</b>`);
  scan.look('json', JSON.stringify({ password: 'zebra/17 "x"' }));
  expect(scan.leaks.map(({ place }) => place)).toEqual(['log', 'page', 'json']);
  expect(scan.leaks.every(({ around }) => !around.includes('zebra/17'))).toBe(true);
  expect(scan.looked['clean log']).toBe(19);
});
