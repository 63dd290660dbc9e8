import type { Bench } from '../../harness/figure.ts';
import { cores, type Scenario, sideOf } from '../support/scenario.ts';

const requests = 20_000;

/** Ids as shoppers ask for them: the most wanted product about ten times as often as the tenth (Zipf, exponent 1), in a repeatable order. */
function zipfIds(ids: readonly number[]): number[] {
  const weights = ids.map((_, rank) => 1 / (rank + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const bounds: number[] = [];
  for (const weight of weights) bounds.push((bounds.at(-1) ?? 0) + weight / total);
  let state = 42;
  return Array.from({ length: requests }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const chance = state / 2 ** 32;
    const rank = bounds.findIndex((bound) => chance < bound);
    return ids[rank < 0 ? ids.length - 1 : rank] as number;
  });
}

/** @internal for the bench of the tail beside it */
export const scenario: Scenario = {
  lines: 0,
  connections: 50,
  warmSeconds: 2,
  seconds: Number(process.env['BENCH_SECONDS'] ?? 5),
  pathsOf: ({ products }) => zipfIds(products).map((id) => `/retail/products/${id}`),
};

const question = 'One product by its id over HTTP, as shoppers ask: the retail service on the layer against the same Fastify route on pg alone.';

export const bench: Bench = {
  area: 'retail',
  pinned: false,
  rounds: 11,
  setting: `${cores}; 50 connections in a closed loop, 2 s of warm-up; every product of the sales file, Zipf; the same tables and indexes on both sides; pg: statement prepared by name, 20 connections`,
  packages: ['fastify', 'pg'],
  sides: { layer: sideOf('layer', scenario), pg: sideOf('pg', scenario) },
  figures: [
    { id: 'retail/product-by-id', question, metric: 'requestsPerSecond', ours: 'layer', peer: 'pg', goal: { direction: 'atLeast', ratio: 2 } },
    { id: 'retail/product-by-id-p99', question, metric: 'p99Ms', ours: 'layer', peer: 'pg', goal: { direction: 'atMost', ratio: 0.5 } },
  ],
};
