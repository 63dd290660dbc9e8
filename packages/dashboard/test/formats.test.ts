import { describe, expect, it } from 'vitest';
import type { Alert, LimitReading } from '../../millrace/src/monitoring/api/schema.ts';
import { logTicks, nearest, runs, timeTicks, valueTicks } from '../src/chart/scale.ts';
import { bytes, count, duration, durationScale, exact, inScale, percent, significant, words } from '../src/format/figures.ts';
import { verdict } from '../src/format/readings.ts';
import { age } from '../src/format/time.ts';

describe('figures', () => {
  it('W3 three significant digits, and whole digits are never rounded away', () => {
    expect([2.614, 41.23, 0.12, 612, 1_098.4, 12_480, 0, 99.96, 0.0004].map(significant)).toEqual([
      '2.61',
      '41.2',
      '0.120',
      '612',
      '1,098',
      '12,480',
      '0',
      '100',
      '< 0.001',
    ]);
    expect([significant(Number.NaN), significant(Number.POSITIVE_INFINITY)]).toEqual(['', '']);
    expect([2, 2.5, 90, 1_000].map(exact)).toEqual(['2', '2.5', '90', '1,000']);
  });
  it('W3 one unit for a whole column, chosen by its middle', () => {
    const scale = durationScale([0.9, 3.1, 612, 2_610, 4.8]);
    expect(scale.unit).toBe('ms');
    expect([0.9, 2_610, null].map((ms) => inScale(ms, scale))).toEqual(['0.900', '2,610', '']);
    expect(durationScale([1_840, 2_610, 900]).unit).toBe('s');
  });
  it('W3 a figure on its own takes the unit that fits', () => {
    expect([0.34, 38.2, 2_612, 192_000, 0].map((ms) => words(duration(ms)))).toEqual(['340 µs', '38.2 ms', '2.61 s', '3.20 min', '0 ms']);
    expect([214e6, 900, 4.3e9].map((size) => words(bytes(size)))).toEqual(['214 MB', '900 B', '4.30 GB']);
    expect([37, 12_480, 1_204_112].map((many) => words(count(many)))).toEqual(['37', '12,480', '1.20 M']);
  });
  it('W3 a share never rounds up to all', () => {
    expect([0.0012, 0.938, 1, 0, 0.99997, 0.00001].map((ratio) => words(percent(ratio)))).toEqual(['0.12 %', '93.8 %', '100 %', '0 %', '99.99 %', '< 0.01 %']);
    expect(words(percent(null))).toBe('');
  });
  it('W3 an age is said in one or two units and is never negative', () => {
    expect([14_000, 660_000, 11_520_000, 518_400_000, -5].map(age)).toEqual(['14 s', '11 min', '3 h 12 min', '6 d', '0 s']);
  });
});

describe('axes', () => {
  it('W3 ticks are round and cover the range', () => {
    expect(valueTicks(52, 4)).toEqual([0, 20, 40, 60]);
    expect(valueTicks(0, 4)).toEqual([0, 1]);
    expect(logTicks(0.6, 3_400)).toEqual([1, 10, 100, 1_000]);
    const ticks = timeTicks(1_000_000, 1_900_000, 6);
    expect(ticks.length).toBeGreaterThan(2);
    expect(ticks.every((tick) => tick % 180_000 === 0 || tick % 60_000 === 0)).toBe(true);
  });
  it('W3 a gap is a gap: no run bridges a missing value', () => {
    expect(runs([1, 2, null, 3, null, null, 4])).toEqual([
      [0, 1],
      [3, 3],
      [6, 6],
    ]);
    expect(runs([null, null])).toEqual([]);
  });
  it('W3 the nearest moment wins', () => {
    expect([9, 14, 16, 99].map((at) => nearest([10, 20, 30], at))).toEqual([0, 0, 1, 2]);
  });
});

const reading = (strainRatio: number): LimitReading => ({
  threshold: 'poolUsagePercent',
  value: strainRatio * 90,
  limit: 90,
  unit: 'percent',
  strainRatio,
  severity: null,
});
const alert: Alert = {
  id: 'a',
  threshold: 'responseTimeMs',
  title: 'Response time',
  state: 'open',
  severity: 'high',
  openedAtMs: 1_000_000,
  resolvedAtMs: null,
  resolvedBy: null,
  value: 2_612,
  worst: 2_700,
  limit: 2_000,
  unit: 'ms',
  direction: 'above',
  text: 'Requests are slow.',
  endpoint: 'GET~a',
};

describe('the verdict', () => {
  it('M4 W3 names the number, the limit and since when while an alert is open', () => {
    expect(verdict([alert, alert], [], 1_660_000)).toMatchObject({
      tone: 'high',
      headline: 'Response time: 2.61 s, limit 2 s, for 11 min',
      detail: 'Requests are slow. 1 more alert is open.',
      endpoint: 'GET~a',
    });
  });
  it('M4 W3 names the figure nearest to its limit when all is well', () => {
    expect(verdict([], [reading(0.68)], 0)).toMatchObject({ tone: 'good', detail: 'Nearest to one: pool use, 61.2 %, limit 90 %.' });
    expect(verdict([], [reading(1.1)], 0)).toMatchObject({ tone: 'warn', headline: 'Pool use is past its limit: 99.0 %, limit 90 %' });
  });
  it('M4 W3 never vanishes: it also says when nothing is known', () => {
    expect(verdict(undefined, undefined, 0).headline).toBe('Waiting for the first figures');
    expect(verdict([], [], 0).headline).toBe('Everything is inside its limits');
  });
});
