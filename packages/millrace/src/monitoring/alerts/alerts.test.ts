import { describe, expect, it } from 'vitest';
import { type TestSystem, testSystem } from '../../testing/index.ts';
import type { Alert, ThresholdName } from '../api/schema.ts';
import { ThresholdBook, thresholdRules } from '../thresholds/index.ts';
import { AlertBook } from './index.ts';

interface World {
  readonly on: TestSystem;
  readonly alerts: AlertBook;
  readonly news: string[];
  /** One value a second for so long. */
  hold(seconds: number, value: number | null, name?: ThresholdName): Promise<void>;
}

function world(): World {
  const on = testSystem();
  const thresholds = new ThresholdBook({}, 1_000, () => 2_000);
  const news: string[] = [];
  const alerts = new AlertBook(on, thresholds, (what, { threshold, severity }) => news.push(`${what} ${threshold} ${severity}`));
  const nothing = Object.fromEntries(thresholdRules.map(({ name }) => [name, null])) as Record<ThresholdName, number | null>;
  return {
    ...{ on, alerts, news },
    async hold(seconds, value, name = 'responseTimeMs') {
      for (let second = 0; second < seconds; second++) {
        alerts.look(thresholds.readings({ ...nothing, [name]: value }), () => 'GET~slow');
        await on.clock.advance(1_000);
      }
    },
  };
}

describe('alerts', () => {
  it('M5 calls once the figure has been past its limit for as long as the threshold says, not before', async () => {
    const { hold, news, alerts } = world();
    await hold(120, 700);
    expect(news).toEqual([]);
    await hold(1, 700);
    expect(news).toEqual(['opened responseTimeMs medium']);
    expect(alerts.open).toMatchObject([
      { state: 'open', severity: 'medium', value: 700, limit: 500, endpoint: 'GET~slow', text: 'Average response time is 700 ms, above its limit of 500 ms' },
    ]);
  });

  it('M5 a break starts the wait anew', async () => {
    const { hold, news } = world();
    await hold(100, 700);
    await hold(1, 400);
    await hold(100, 700);
    expect(news).toEqual([]);
  });

  it('M5 raises the alert that is open instead of opening a second, and remembers the worst', async () => {
    const { hold, news, alerts } = world();
    await hold(121, 700);
    await hold(121, 9_000);
    await hold(1, 3_000);
    expect(news).toEqual(['opened responseTimeMs medium', 'changed responseTimeMs high']);
    expect(alerts.open).toMatchObject([{ severity: 'high', limit: 2_000, value: 3_000, worst: 9_000 }]);
  });

  it('M5 a figure that trembles at its limit makes one alert: it must be inside by 5 % for as long', async () => {
    const { hold, news } = world();
    await hold(121, 510);
    for (let round = 0; round < 100; round++) await hold(1, round % 2 ? 490 : 510);
    await hold(300, 480);
    expect(news).toEqual(['opened responseTimeMs medium']);
    await hold(121, 470);
    expect(news).toEqual(['opened responseTimeMs medium', 'resolved responseTimeMs medium']);
  });

  it('M5 recovers when there is nothing to measure any more', async () => {
    const { hold, alerts } = world();
    await hold(121, 700);
    await hold(121, null);
    expect(alerts.list()).toMatchObject({ open: [], history: [{ state: 'resolved', resolvedBy: 'recovery', worst: 700 }] });
  });

  it('M5 calls at once where the threshold waits for nothing', async () => {
    const { hold, news } = world();
    await hold(1, 1, 'connectionErrors');
    expect(news).toEqual(['opened connectionErrors high']);
    await hold(1, 0, 'connectionErrors');
    expect(news).toHaveLength(2);
  });

  it('M5 a hit rate below its limit calls, the gravest step deciding', async () => {
    const { hold, alerts } = world();
    await hold(301, 55, 'cacheHitRatePercent');
    expect(alerts.open).toMatchObject([{ severity: 'critical', direction: 'below', limit: 60 }]);
  });

  it('M7 is resolved by hand once, and the same threshold is then quiet for a minute', async () => {
    const { hold, alerts, news } = world();
    await hold(1, 3, 'connectionErrors');
    const [{ id }] = alerts.open as readonly [Alert];
    expect(alerts.resolve(id)).toMatchObject({ state: 'resolved', resolvedBy: 'key', resolvedAtMs: expect.any(Number) });
    expect(() => alerts.resolve(id)).toThrow(expect.objectContaining({ status: 409 }));
    expect(() => alerts.resolve('nobody')).toThrow(expect.objectContaining({ status: 404 }));
    await hold(59, 3, 'connectionErrors');
    expect(news).toHaveLength(2);
    await hold(2, 3, 'connectionErrors');
    expect(news.at(-1)).toBe('opened connectionErrors high');
  });

  it('M5 keeps the newest 200 of its history', async () => {
    const { hold, alerts } = world();
    for (let round = 0; round < 205; round++) {
      await hold(1, 1 + round, 'connectionErrors');
      await hold(1, 0, 'connectionErrors');
    }
    const { history } = alerts.list();
    expect([history.length, history[0]?.worst]).toEqual([200, 205]);
  });
});
