import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram, highestIn, lowestIn } from './index.ts';

const micros = fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 4_294_967_295 }));
const lists = fc.array(micros, { minLength: 1, maxLength: 300 });

const filled = (values: readonly number[]): Histogram => {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

/** The value at that rank of the sorted list. */
const exact = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] as number;
};

describe('Histogram', () => {
  it('M1 tells any quantile within 0.4 % of a recorded value', () => {
    fc.assert(
      fc.property(lists, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const wanted = exact(values, q);
        expect(Math.abs(filled(values).quantile(q) - wanted)).toBeLessThanOrEqual(wanted * 0.004);
      }),
    );
  });

  it('M1 is as exact at both edges of every bucket', () => {
    for (let bucket = 0; bucket < 3_328; bucket++)
      for (const edge of [lowestIn(bucket), highestIn(bucket)])
        expect(Math.abs(filled([0, edge, 4_294_967_295]).quantile(0.5) - edge)).toBeLessThanOrEqual(edge * 0.004);
  });

  it('M1 has a bucket for every whole number, each beginning where the one before ends', () => {
    for (let bucket = 1; bucket < 3_328; bucket++) expect(lowestIn(bucket)).toBe(highestIn(bucket - 1) + 1);
    expect(highestIn(3_327)).toBe(4_294_967_295);
  });

  it('M4 says the same of two merged histograms as of one that saw everything', () => {
    fc.assert(
      fc.property(lists, lists, (one, other) => {
        const merged = filled(one);
        merged.merge(filled(other));
        expect(merged.toBytes()).toEqual(filled([...one, ...other]).toBytes());
      }),
    );
  });

  it('M4 what was added since can be stored and read back, whatever fractions it holds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 5000, noNaN: true })),
        fc.array(fc.double({ min: 0, max: 5000, noNaN: true }), { minLength: 1 }),
        (before, after) => {
          const histogram = new Histogram();
          for (const value of before) histogram.record(value);
          const earlier = histogram.copy();
          for (const value of after) histogram.record(value);
          expect(Histogram.fromBytes(histogram.since(earlier).toBytes()).count).toBe(after.length);
        },
      ),
    );
  });

  it('M4 tells what was added since a copy was made', () => {
    fc.assert(
      fc.property(lists, lists, (one, other) => {
        const histogram = filled(one);
        const earlier = histogram.copy();
        for (const value of other) histogram.record(value);
        const added = histogram.since(earlier);
        expect(added.count).toBe(other.length);
        const wanted = exact(other, 0.95);
        expect(Math.abs(added.quantile(0.95) - wanted)).toBeLessThanOrEqual(wanted * 0.004);
        expect(Math.abs(added.max - Math.max(...other))).toBeLessThanOrEqual(Math.max(...other) * 0.008);
      }),
    );
  });

  it('M4 takes everything as new after a reset', () => {
    const histogram = filled([10, 20, 30]);
    const earlier = histogram.copy();
    histogram.reset();
    histogram.record(7);
    expect(histogram.since(earlier).count).toBe(1);
  });

  it('counts what lies at or below a bound, whatever order the bounds come in', () => {
    fc.assert(
      fc.property(lists, fc.array(fc.double({ min: 0, max: 5_000, noNaN: true }), { maxLength: 20 }), (values, bounds) => {
        const reading = filled(values).inSeconds();
        for (const bound of bounds) expect(reading.countAtOrBelow(bound)).toBe(filled(values).inSeconds().countAtOrBelow(bound));
        expect(reading.countAtOrBelow(5_000)).toBe(values.length);
      }),
    );
    const exactly = filled([100, 200, 200, 250]);
    expect([99, 100, 200, 249, 250].map((bound) => exactly.countAtOrBelow(bound))).toEqual([0, 1, 3, 3, 4]);
  });

  it('keeps sum, mean, smallest and largest value exactly', () => {
    const histogram = filled([3, 1_000_000, 17]);
    expect([histogram.count, histogram.sum, histogram.min, histogram.max]).toEqual([3, 1_000_020, 3, 1_000_000]);
    expect(histogram.mean).toBe(333_340);
    expect(histogram.inSeconds().sum).toBe(1.00002);
  });

  it('has nothing to say when it is empty', () => {
    const empty = new Histogram();
    expect([empty.quantile(0.5), empty.min, empty.max, empty.mean]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
    expect(empty.countAtOrBelow(1)).toBe(0);
  });

  it('takes negative values and NaN as 0, and what is too long as the longest', () => {
    const histogram = filled([-5, Number.NaN, Number.POSITIVE_INFINITY]);
    expect([histogram.count, histogram.min, histogram.max, histogram.sum]).toEqual([3, 0, 4_294_967_295, 4_294_967_295]);
  });

  describe('the stored form', () => {
    it('M4 gives back what it was made from', () => {
      fc.assert(
        fc.property(lists, (values) => {
          const histogram = filled(values);
          const read = Histogram.fromBytes(histogram.toBytes());
          expect(read.toBytes()).toEqual(histogram.toBytes());
          expect([read.count, read.sum, read.min, read.max]).toEqual([histogram.count, histogram.sum, histogram.min, histogram.max]);
        }),
      );
    });

    it('M4 is these bytes, for ever: version 1', () => {
      const [sum, min, max] = ['00000000e8881e41', '0000000000000040', '00000000807f1e41'];
      // 2 is bucket 2, 300 bucket 278, 499,680 bucket 1,651: distances 3, 276 and 1,373 with counts 1, 2 and 1.
      const written = Buffer.from(filled([2, 300, 300, 499_680]).toBytes()).toString('hex');
      expect(written).toBe(`01${sum}${min}${max}0301940202dd0a01`);
    });

    it('reads an empty one', () => {
      expect(Histogram.fromBytes(new Histogram().toBytes()).count).toBe(0);
    });

    it('refuses bytes that are cut short, of another version or not its own, and adds nothing of them', () => {
      const good = filled([5, 500, 50_000]).toBytes();
      const wrong = [
        good.slice(0, 10),
        good.slice(0, -1),
        Uint8Array.of(2, ...good.slice(1)),
        Uint8Array.of(...good, 0, 1),
        Uint8Array.of(...good, 255, 127, 1),
      ];
      for (const bytes of wrong) {
        const histogram = filled([1]);
        expect(() => histogram.mergeBytes(bytes)).toThrow(expect.objectContaining({ code: 'MILLRACE_STORED_FORM' }));
        expect(histogram.count).toBe(1);
      }
    });
  });
});
