import { seededRandom } from 'millrace/testing';
import { expect, it } from 'vitest';
import { type Shop, shares, trafficPlan } from './plan.ts';
import type { Wanted } from './runner.ts';
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

const shop: Shop = {
  products: [
    { id: 7, name: 'RED TEAPOT' },
    { id: 8, name: 'BLUE MUG' },
  ],
  categories: [1],
  stores: [1, 2],
  customers: [12_431],
};

it('O1 of a hundred requests five write, some are slow and some are wrong', () => {
  const chance = seededRandom(7);
  const next = trafficPlan(
    shop,
    () => chance.next(),
    () => 'a-key-of-the-visitor',
  );
  const made = Array.from({ length: 20_000 }, () => next());
  const shareOf = (matches: (one: Wanted) => boolean): number => (made.filter(matches).length / made.length) * 100;
  expect(Object.values<number>(shares).reduce((sum, share) => sum + share)).toBe(100);
  expect(shareOf(({ method, path }) => method !== 'GET' && path !== '/retail/sales')).toBeCloseTo(shares.price + shares.delivery, 0);
  expect(shareOf(({ headers }) => headers?.['idempotency-key'] !== undefined)).toBeCloseTo(shares.sale + shares.delivery, 0);
  expect(shares.sale + shares.delivery + shares.price).toBe(5);
  expect(shareOf(({ path }) => path.startsWith('/retail/reports/'))).toBeCloseTo(shares.report, 0);
  expect(shareOf(({ path }) => path === '/retail/products/tea')).toBeGreaterThan(0);
});
