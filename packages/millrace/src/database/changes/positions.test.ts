import { expect, it } from 'vitest';
import { Positions, parseLsn } from './positions.ts';

it('C8 a place in the log has passed only when every commit below it is applied', async () => {
  const positions = new Positions();
  const [first, second] = [positions.begin(100n), positions.begin(120n)];
  positions.advance(150n);
  expect([positions.passed(99n), positions.passed(100n), positions.reached]).toEqual([true, false, 99n]);
  second();
  positions.advance(150n);
  expect(positions.reached).toBe(99n);
  const whenPassed = positions.whenPassed(150n);
  first();
  expect(positions.advance(150n)).toBe(true);
  await whenPassed;
  expect([positions.passed(150n), positions.waiting]).toEqual([true, 0]);
});

it('C8 who waits for a place is told when the wait is given up', async () => {
  const positions = new Positions();
  const leaving = new AbortController();
  const waiting = positions.whenPassed(1n, leaving.signal);
  leaving.abort(new Error('no time left'));
  await expect(waiting).rejects.toThrow('no time left');
  expect(positions.waiting).toBe(0);
});

it('C8 places in the log are read as PostgreSQL writes them', () => {
  expect(parseLsn('16/B374D848')).toBe(0x16_b374_d848n);
  expect(() => parseLsn('16-B3')).toThrow('no place in the log');
});
