import { describe, expect, it } from 'vitest';
import { Cron, CronProblem } from './cron.ts';

const at = (text: string): number => Date.parse(`${text}Z`);
const next = (expression: string, from: string): string | undefined => {
  const ms = new Cron(expression).after(at(from));
  return ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 19);
};

describe('C9 the next time of a cron expression', () => {
  it.each([
    ['*/5 * * * *', '2026-01-01T00:00:00', '2026-01-01T00:05:00'],
    ['*/5 * * * *', '2026-01-01T00:04:59.999', '2026-01-01T00:05:00'],
    ['*/5 * * * *', '2026-12-31T23:57:00', '2027-01-01T00:00:00'],
    ['*/20 * * * * *', '2026-01-01T00:00:41', '2026-01-01T00:01:00'],
    ['30 4 1,15 * *', '2026-02-02T00:00:00', '2026-02-15T04:30:00'],
    ['0 0 29 2 *', '2026-01-01T00:00:00', '2028-02-29T00:00:00'],
    ['0 9-17/4 * * 1-5', '2026-11-27T13:00:00', '2026-11-27T17:00:00'],
    ['0 9 * * 7', '2026-11-27T13:00:00', '2026-11-29T09:00:00'],
    ['0 9 * * 0', '2026-11-27T13:00:00', '2026-11-29T09:00:00'],
    ['0 0 13 * 5', '2026-11-27T13:00:00', '2026-12-04T00:00:00'],
    ['0 0 31 4 *', '2026-01-01T00:00:00', undefined],
    ['10/15 * * * *', '2026-01-01T00:26:00', '2026-01-01T00:40:00'],
  ])('C9 %s after %s', (expression, from, expected) => {
    expect(next(expression, from)).toBe(expected);
  });

  it('C9 every moment it names is one it allows, and none between is left out', () => {
    const cron = new Cron('15,45 */7 3-28/5 1-12/2 *');
    const named = new Set<number>();
    for (let ms: number | undefined = at('2026-01-01T00:00:00'); ms !== undefined && ms < at('2027-01-01T00:00:00'); ms = cron.after(ms)) named.add(ms);
    for (let ms = at('2026-01-01T00:01:00'); ms < at('2027-01-01T00:00:00'); ms += 60_000) {
      const date = new Date(ms);
      const [day, month] = [date.getUTCDate(), date.getUTCMonth() + 1];
      const isMeant =
        [15, 45].includes(date.getUTCMinutes()) && date.getUTCHours() % 7 === 0 && day >= 3 && day <= 28 && (day - 3) % 5 === 0 && month % 2 === 1;
      if (named.has(ms) !== isMeant) expect.fail(date.toISOString());
    }
    expect(named.size).toBeGreaterThan(200);
  });

  it.each([
    '',
    '* * * *',
    '* * * * * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '5-1 * * * *',
    '*/0 * * * *',
    'a * * * *',
    '1,, * * * *',
    '* * * * MON',
  ])('C9 X4 %s is refused', (expression) => {
    expect(() => new Cron(expression)).toThrow(CronProblem);
  });
});
