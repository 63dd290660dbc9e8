import { expect, it } from 'vitest';
import { zipf } from './zipf.ts';

/** Every part of [0, 1) once, so that shares are exact. */
const sweep = (steps: number): (() => number) => {
  let step = 0;
  return () => (step++ % steps) / steps;
};

it('O1 the traffic asks for few products often and for many seldom: shares follow Zipf', () => {
  const counts = new Array<number>(100).fill(0);
  const pick = zipf(100, sweep(10_000));
  for (let i = 0; i < 10_000; i++) counts[pick()]! += 1;
  const harmonic = Array.from({ length: 100 }, (_, rank) => 1 / (rank + 1)).reduce((sum, share) => sum + share, 0);
  expect(counts[0]! / 10_000).toBeCloseTo(1 / harmonic, 3);
  expect(counts[0]! / counts[9]!).toBeCloseTo(10, 0);
  expect(Math.min(...counts)).toBeGreaterThan(0);
});
