import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spentBy } from './exclusive.ts';
import { BlockPool, type StepBlock } from './steps.ts';

interface Step {
  readonly start: number;
  readonly end: number;
  readonly parent: number;
  readonly seam: number;
}

const blockOf = (steps: readonly Step[]): StepBlock => {
  const block = new BlockPool().take();
  block.length = steps.length;
  steps.forEach(({ start, end, parent, seam }, index) => {
    block.starts[index] = start;
    block.ends[index] = end;
    block.parents[index] = parent;
    block.seams[index] = seam;
  });
  return block;
};

const [queue, cache, database, external, own] = [0, 1, 2, 3, 4];
const totalMs = 40;

/** Steps in the order they began, each below any earlier one that began before it, some outliving it. */
const steps = fc
  .array(
    fc.record({
      start: fc.integer({ min: 0, max: totalMs }),
      length: fc.integer({ min: 0, max: totalMs }),
      parent: fc.nat(),
      seam: fc.integer({ min: 0, max: 4 }),
    }),
    { maxLength: 12 },
  )
  .map((drawn) =>
    drawn
      .toSorted((a, b) => a.start - b.start)
      .map(({ start, length, parent, seam }, index): Step => ({ start, end: Math.min(totalMs, start + length), parent: (parent % (index + 1)) - 1, seam })),
  );

/** The same by definition: every moment is given to the innermost steps that run in it. */
function millisecondByMillisecond(all: readonly Step[]): number[] {
  const perSeam = [0, 0, 0, 0, 0];
  for (let at = 0; at < totalMs; at++) {
    const runs = all.map(({ start, end }) => start <= at && end >= at + 1);
    const innermost = all.flatMap((_, step) => (runs[step] && !all.some(({ parent }, other) => parent === step && runs[other]) ? [step] : []));
    if (innermost.length === 0) perSeam[own]! += 1;
    for (const step of innermost) perSeam[all[step]?.seam as number]! += 1 / innermost.length;
  }
  return perSeam;
}

describe('time per seam', () => {
  it('H6 M4 counts every moment once, for the innermost step, whatever overlaps what', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const spent = [...spentBy(blockOf(all), totalMs).perSeam];
        for (const [seam, wanted] of millisecondByMillisecond(all).entries()) expect(spent[seam]).toBeCloseTo(wanted, 6);
        expect(spent.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(totalMs, 6);
      }),
      { numRuns: 300 },
    );
  });

  it('H6 takes a database step out of the cache step around it, and the rest is own time', () => {
    const block = blockOf([
      { start: 2, end: 3, parent: -1, seam: queue as number },
      { start: 5, end: 25, parent: -1, seam: cache as number },
      { start: 8, end: 23, parent: 1, seam: database as number },
    ]);
    expect([...spentBy(block, 40).perSeam]).toEqual([1, 5, 15, 0, 19]);
    expect([...spentBy(block, 40).perStep.slice(0, 3)]).toEqual([1, 5, 15]);
  });

  it('H6 two calls side by side cost the time they took together, not twice', () => {
    const block = blockOf([
      { start: 0, end: 30, parent: -1, seam: external as number },
      { start: 0, end: 20, parent: -1, seam: database as number },
    ]);
    expect([...spentBy(block, 40).perSeam]).toEqual([0, 0, 10, 20, 10]);
  });

  it('a request without steps spent all of its time itself', () => {
    expect([...spentBy(undefined, 12).perSeam]).toEqual([0, 0, 0, 0, 12]);
  });
});
