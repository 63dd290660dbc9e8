import type { Bench } from '../../harness/figure.ts';
import { cores, type Scenario, sideOf } from '../support/scenario.ts';

const dayMs = 86_400_000;
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** For every store the turnover by product over the newest three months, and over the three before. */
const scenario: Scenario = {
  lines: Number(process.env['BENCH_LINES'] ?? 1_000_000),
  connections: 1,
  warmSeconds: 4,
  seconds: Number(process.env['BENCH_SECONDS'] ?? 5),
  pathsOf: ({ stores, last }) =>
    [0, 90].flatMap((ago) => {
      const to = Date.parse(last) - ago * dayMs;
      return stores.map((store) => `/retail/reports/sales?store=${store}&from=${dayOf(to - 89 * dayMs)}&to=${dayOf(to)}&by=product`);
    }),
};

const question = 'The sales report of one store over three months, at a million lines: cached by the layer against computed by PostgreSQL each time.';

export const bench: Bench = {
  area: 'retail',
  pinned: false,
  rounds: 11,
  setting: `${cores}; one connection in a closed loop; a million lines of sales over fourteen months; the same tables and indexes on both sides; the layer's reports were asked for once before`,
  packages: ['fastify', 'pg'],
  sides: { layer: sideOf('layer', scenario), pg: sideOf('pg', scenario) },
  figures: [
    { id: 'retail/sales-report', question, metric: 'meanMs', ours: 'layer', peer: 'pg', goal: { direction: 'atMost', ratio: 0.1 } },
    {
      id: 'retail/sales-report-uncached',
      question: 'Is that report dear enough to be worth keeping? Its time without the layer, ms.',
      metric: 'meanMs',
      ours: 'pg',
      peer: 'layer',
      goal: { direction: 'atLeast', value: 5 },
    },
  ],
};
