import type { Bench } from '../../harness/figure.ts';
import { cores, sideOf } from '../support/scenario.ts';
import { scenario as whole } from './product-by-id.bench.ts';

/*
 * Why is the slowest hundredth of `retail/product-by-id` not half of the other side's? Three mechanisms against the layer as it is, and the floor: Node's own
 * server with one fixed answer, driven to its limit in the same way.
 */

const scenario = { ...whole, warmSeconds: 1, seconds: 3 };
const question = 'What makes the slowest hundredth of product by id, at the limit of one core?';

export const bench: Bench = {
  area: 'retail',
  pinned: false,
  rounds: 11,
  setting: `${cores}; 50 connections in a closed loop, 1 s of warm-up`,
  packages: ['fastify', 'pg'],
  sides: {
    layer: sideOf('layer', scenario),
    unwatched: sideOf('layer', scenario, { settings: { TELEMETRY_ENABLED: 'false' } }),
    largeNursery: sideOf('layer', scenario, { flags: ['--max-semi-space-size=64'] }),
    oneThreadGc: sideOf('layer', scenario, { flags: ['--single-threaded-gc'] }),
    bare: sideOf('bare', scenario),
  },
  figures: [
    { id: 'retail/tail-unwatched', question: `${question} Not looking once a second.`, metric: 'p99Ms', ours: 'unwatched', peer: 'layer' },
    { id: 'retail/tail-large-nursery', question: `${question} Fewer small collections.`, metric: 'p99Ms', ours: 'largeNursery', peer: 'layer' },
    { id: 'retail/tail-one-thread-gc', question: `${question} No collector threads beside the main one.`, metric: 'p99Ms', ours: 'oneThreadGc', peer: 'layer' },
    { id: 'retail/tail-floor', question: `${question} The layer against Node's own server with a fixed answer.`, metric: 'p99Ms', ours: 'layer', peer: 'bare' },
  ],
};
