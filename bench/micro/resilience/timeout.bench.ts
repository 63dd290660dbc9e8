import { rootContext, system } from '../../../packages/millrace/src/kernel/index.ts';
import { timeout } from '../../../packages/millrace/src/resilience/index.ts';
import type { Bench, MicroSide } from '../../harness/figure.ts';

const answer = async (input: number): Promise<number> => input;

/** Awaits one call after the other, as a handler does. */
const awaited = (call: (input: number) => Promise<number>): MicroSide => ({
  async run(count) {
    let sum = 0;
    for (let at = 0; at < count; at++) sum += await call(at);
    if (sum < 0) throw new Error('the sum of what was answered cannot be negative');
  },
});

export const bench: Bench = {
  area: 'resilience',
  setting: 'one call at a time that answers at once, limit 1 s, one context for all calls',
  packages: ['cockatiel'],
  sides: {
    bare: () => awaited(answer),
    millrace: () => {
      const context = rootContext(system, 'bench');
      const guarded = timeout<number, number>('1s')(answer);
      return awaited((input) => guarded(input, context));
    },
    cockatiel: async () => {
      const { timeout: policy, TimeoutStrategy } = await import('cockatiel');
      const guard = policy(1000, TimeoutStrategy.Aggressive);
      return awaited((input) => guard.execute(() => answer(input)));
    },
  },
  figures: [
    {
      id: 'resilience/timeout',
      question: 'What does a call cost with a time limit that really stops the work?',
      metric: 'nsPerOp',
      ours: 'millrace',
      peer: 'cockatiel',
      goal: { direction: 'atMost', ratio: 0.1 },
    },
    {
      id: 'resilience/timeout-added',
      question: 'What does the time limit add to the bare call?',
      metric: 'nsPerOp',
      ours: 'millrace',
      peer: 'cockatiel',
      baseline: 'bare',
    },
  ],
};
