import { describe, expect, it } from 'vitest';
import type { Figure } from './figure.ts';
import { isMet, measure } from './judge.ts';
import { median, medianInterval, pairedRatios, seeded } from './statistics.ts';

describe('statistics of the bench', () => {
  it('takes the middle value, or the mean of two', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('repeats the same interval for the same rounds', () => {
    const values = [1.1, 0.9, 1, 1.3, 0.8, 1, 1.05, 0.95, 1.2, 1, 1];
    expect(medianInterval(values)).toEqual(medianInterval(values));
    const { low, high } = medianInterval(values);
    expect(low).toBeLessThanOrEqual(1);
    expect(high).toBeGreaterThanOrEqual(1);
    expect(low).toBeGreaterThanOrEqual(0.8);
    expect(high).toBeLessThanOrEqual(1.3);
  });

  it('covers the true median in about 95 of 100 runs of 15 rounds', () => {
    const next = seeded(7);
    let covered = 0;
    for (let run = 0; run < 400; run++) {
      const values = Array.from({ length: 15 }, () => 10 + (next() + next() + next() - 1.5));
      const { low, high } = medianInterval(values, 400, run + 1);
      if (low <= 10 && high >= 10) covered++;
    }
    expect(covered / 400).toBeGreaterThan(0.9);
    expect(covered / 400).toBeLessThan(0.99);
  });

  it('is a single point when every round agrees', () => {
    expect(medianInterval([2, 2, 2])).toEqual({ low: 2, high: 2 });
  });

  it('pairs round by round, so that a slow machine in one round changes nothing', () => {
    expect(pairedRatios([10, 100, 10], [20, 200, 20])).toEqual([0.5, 0.5, 0.5]);
    expect(pairedRatios([15, 110], [105, 200], [5, 100])).toEqual([0.1, 0.1]);
  });
});

describe('figures of the bench', () => {
  const figure: Figure = { id: 'a/b', question: '?', metric: 'nsPerOp', ours: 'ours', peer: 'peer', goal: { direction: 'atMost', ratio: 0.1 } };

  it('judges the median against the goal, in either direction', () => {
    expect(isMet({ direction: 'atMost', ratio: 0.1 }, { ratio: 0.1, ours: 5 })).toBe(true);
    expect(isMet({ direction: 'atMost', ratio: 0.1 }, { ratio: 0.11, ours: 5 })).toBe(false);
    expect(isMet({ direction: 'atLeast', ratio: 2 }, { ratio: 1.99, ours: 5 })).toBe(false);
    expect(isMet({ direction: 'atMost', value: 4 }, { ratio: 9, ours: 4.1 })).toBe(false);
    expect(isMet(undefined, { ratio: 9, ours: 4.1 })).toBeUndefined();
  });

  it('gives the median ratio, its interval and both medians', () => {
    const rounds = { ours: [{ nsPerOp: 10 }, { nsPerOp: 12 }, { nsPerOp: 11 }], peer: [{ nsPerOp: 100 }, { nsPerOp: 100 }, { nsPerOp: 100 }] };
    expect(measure(figure, rounds)).toEqual({ ratio: 0.11, ratioLow: 0.1, ratioHigh: 0.12, ours: 11, peer: 100, rounds: 3 });
  });

  it('refuses a side that did not report the metric', () => {
    expect(() => measure(figure, { ours: [{ other: 1 }], peer: [{ nsPerOp: 1 }] })).toThrow('a/b: ours reported no nsPerOp');
  });
});
