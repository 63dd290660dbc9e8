import { describe, expect, it } from 'vitest';
import type { ThresholdName } from '../api/schema.ts';
import { stepOf, ThresholdBook, thresholdRules } from './index.ts';

const book = (settings: Partial<Record<ThresholdName, number>> = {}): ThresholdBook => new ThresholdBook(settings, 1_000, () => 2_000);
const limits = (one: ThresholdBook, name: ThresholdName): string[] => one.get(name).steps.map(({ limit, severity }) => `${severity} ${limit}`);

describe('thresholds', () => {
  it('M5 has the defaults of the source documents, both steps where they differ', () => {
    const defaults = Object.fromEntries(thresholdRules.map(({ name }) => [name, limits(book(), name)]));
    expect(defaults).toMatchObject({
      responseTimeMs: ['medium 500', 'high 2000'],
      errorRatePercent: ['medium 1', 'high 5'],
      cpuUsagePercent: ['medium 80'],
      memoryUsagePercent: ['high 85'],
      cacheHitRatePercent: ['medium 80', 'high 70', 'critical 60'],
      queryAverageMs: ['medium 100'],
      slowQueriesPerMinute: ['medium 10'],
      poolUsagePercent: ['high 90'],
      connectionErrors: ['high 0'],
    });
  });

  it('M5 a setting moves the upper step, and no milder step lies past it', () => {
    expect(limits(book({ responseTimeMs: 3_000 }), 'responseTimeMs')).toEqual(['medium 500', 'high 3000']);
    expect(limits(book({ responseTimeMs: 200 }), 'responseTimeMs')).toEqual(['medium 200', 'high 200']);
    expect(limits(book({ cacheHitRatePercent: 90 }), 'cacheHitRatePercent')).toEqual(['medium 90', 'high 90', 'critical 60']);
    expect(limits(book({ cacheHitRatePercent: 50 }), 'cacheHitRatePercent')).toEqual(['medium 80', 'high 50', 'critical 50']);
  });

  it('M5 finds the gravest step a value is past; at the limit it is not past it', () => {
    const [time, rate] = [book().get('responseTimeMs'), book().get('cacheHitRatePercent')];
    expect([500, 501, 2_000, 2_001].map((value) => stepOf(value, time))).toEqual([-1, 0, 0, 1]);
    expect([80, 79, 69, 59].map((value) => stepOf(value, rate))).toEqual([-1, 0, 1, 2]);
    expect(stepOf(null, time)).toBe(-1);
  });

  it('M5 puts the value nearest to its limit first', () => {
    const values = Object.fromEntries(thresholdRules.map(({ name }) => [name, null])) as Record<ThresholdName, number | null>;
    const readings = book().readings({ ...values, responseTimeMs: 250, cacheHitRatePercent: 60, cpuUsagePercent: 72 });
    expect(readings.slice(0, 4).map(({ threshold, strainRatio, severity }) => [threshold, strainRatio, severity])).toEqual([
      ['cacheHitRatePercent', 2, 'high'],
      ['cpuUsagePercent', 0.9, null],
      ['responseTimeMs', 0.5, null],
      ['errorRatePercent', null, null],
    ]);
  });

  it('M7 takes a change by name and says where it came from', () => {
    const one = book();
    const after = one.change({ thresholds: { responseTimeMs: { limit: 900 }, poolUsagePercent: { forMs: 0 } } });
    expect(after.thresholds.find(({ name }) => name === 'responseTimeMs')).toMatchObject({ source: 'api', forMs: 120_000, variable: 'PERF_RESPONSE_TIME_MS' });
    expect(limits(one, 'responseTimeMs')).toEqual(['medium 500', 'high 900']);
    expect(one.get('poolUsagePercent')).toMatchObject({ forMs: 0, steps: [{ limit: 90 }] });
  });

  it('M7 names every wrong field of a change and takes nothing of it', () => {
    const one = book();
    const wrong = { thresholds: { responseTimeMs: { limit: -1 }, nonsense: {}, cpuUsagePercent: { limit: 101, for: 1 }, memoryUsagePercent: { limit: 50 } } };
    expect(() => one.change(wrong)).toThrow(
      expect.objectContaining({
        code: 'MILLRACE_PERFORMANCE_INPUT',
        status: 400,
        errors: [
          expect.objectContaining({ field: 'thresholds.responseTimeMs.limit', in: 'body' }),
          expect.objectContaining({ field: 'thresholds.nonsense' }),
          expect.objectContaining({ field: 'thresholds.cpuUsagePercent.for' }),
          expect.objectContaining({ field: 'thresholds.cpuUsagePercent.limit' }),
        ],
      }),
    );
    expect(limits(one, 'memoryUsagePercent')).toEqual(['high 85']);
    for (const body of [null, [], 'x', {}, { thresholds: [] }, { thresholds: { __proto__: null, constructor: 1 } }])
      expect(() => one.change(body)).toThrow('wrong');
  });
});
