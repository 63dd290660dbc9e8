import { BoundedMap } from '../../../packages/millrace/src/kernel/index.ts';
import type { Bench, MicroSide } from '../../harness/figure.ts';
import { seeded } from './data.ts';

const room = 10_000;
const keyCount = room * 10;
const askedLength = 1 << 18;

/** Keys by Zipf's law, s = 0.9, ten times as many as there is room for. */
function zipf(): readonly string[] {
  const random = seeded(7);
  const sums = new Float64Array(keyCount);
  let sum = 0;
  for (let rank = 0; rank < keyCount; rank++) {
    sum += 1 / (rank + 1) ** 0.9;
    sums[rank] = sum;
  }
  return Array.from({ length: askedLength }, () => `user:profile:${rankOf(sums, random() * sum)}`);
}

function rankOf(sums: Float64Array, at: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] as number) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Store {
  get(key: string): unknown;
  set(key: string, value: object): unknown;
}

/** Reads through: a miss is stored. */
const readThrough = (store: Store): MicroSide => {
  const asked = zipf();
  let at = 0;
  return {
    run(count) {
      let hits = 0;
      for (let done = 0; done < count; done++) {
        const key = asked[at++ & (askedLength - 1)] as string;
        if (store.get(key) === undefined) store.set(key, { key });
        else hits++;
      }
      if (count > 1000 && hits === 0) throw new Error('nothing was ever found again');
    },
  };
};

export const bench: Bench = {
  area: 'cache',
  setting: `room for ${room} entries, ${keyCount} keys asked for by Zipf's law (0.9), a miss is stored`,
  packages: ['lru-cache'],
  sides: {
    millrace: () => readThrough(new BoundedMap<string, object>({ maxEntries: room })),
    'lru-cache': async () => {
      const { LRUCache } = await import('lru-cache');
      return readThrough(new LRUCache<string, object>({ max: room }));
    },
  },
  figures: [
    {
      id: 'cache/read-through',
      question: 'How many reads a second with ten times more keys than room, against lru-cache?',
      metric: 'opsPerSecond',
      ours: 'millrace',
      peer: 'lru-cache',
    },
  ],
};
