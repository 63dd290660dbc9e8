import { rootContext, system } from '../../../packages/millrace/src/kernel/index.ts';
import { coalesce } from '../../../packages/millrace/src/resilience/index.ts';
import type { Bench, MicroSide } from '../../harness/figure.ts';

const together = 100;
const work = async (input: string): Promise<string> => {
  await Promise.resolve();
  return input;
};

/** A hundred callers ask for the same key at once; one operation is one caller. */
const crowd = (call: (input: string) => Promise<string>): MicroSide => ({
  async run(count) {
    for (let done = 0; done < count; done += together) {
      const answers = await Promise.all(Array.from({ length: together }, () => call('42')));
      if (answers.some((answer) => answer !== '42')) throw new Error('a caller got the wrong answer');
    }
  },
});

/** The usual cure: a map of promises, with none of the care. */
function promiseMap(): (input: string) => Promise<string> {
  const running = new Map<string, Promise<string>>();
  return (input) => {
    const known = running.get(input);
    if (known !== undefined) return known;
    const begun = work(input).finally(() => running.delete(input));
    running.set(input, begun);
    return begun;
  };
}

export const bench: Bench = {
  area: 'resilience',
  setting: 'a hundred callers of one key at a time, work of one promise, one context for all callers',
  sides: {
    map: () => crowd(promiseMap()),
    millrace: () => {
      const context = rootContext(system, 'bench');
      const once = coalesce<string, string>((input) => input)(work);
      return crowd((input) => once(input, context));
    },
  },
  figures: [
    {
      id: 'resilience/coalesce',
      question: 'What does a caller of a shared run cost, who may leave by its own limit, against a bare map of promises?',
      metric: 'nsPerOp',
      ours: 'millrace',
      peer: 'map',
    },
  ],
};
