import { createCache } from '../../../packages/millrace/src/cache/index.ts';
import type { Bench, MicroSide } from '../../harness/figure.ts';
import { keys, order, orderMask, profile, report } from './data.ts';

/** Looks at one key after the other. */
const looked = (peek: (key: string) => unknown): MicroSide => ({
  run(count) {
    let hits = 0;
    for (let at = 0; at < count; at++) if (peek(order[at & orderMask] as string) !== undefined) hits++;
    if (hits !== count) throw new Error(`${count - hits} of ${count} looks found nothing`);
  },
});

/** The same thousand, known by numbers as a table's rows are. */
const numbers = Int32Array.from(order, (key) => 1000 + keys.indexOf(key));
const lookedByNumber = (peek: (id: number) => unknown): MicroSide => ({
  run(count) {
    const ids = numbers;
    let hits = 0;
    for (let at = 0; at < count; at++) if (peek(ids[at & orderMask] as number) !== undefined) hits++;
    if (hits !== count) throw new Error(`${count - hits} of ${count} looks found nothing`);
  },
});
const numbered = (id: number) => ({ ...profile(String(id)), id });

const entityOf = async (value: (id: string) => { readonly id: string }) => {
  const entity = createCache().entity('profile', async (ids: readonly string[]) => ids.map(value), { key: ({ id }) => id });
  await entity.getMany(keys);
  return entity;
};

export const bench: Bench = {
  area: 'cache',
  setting: '1,000 entries, text keys (in one figure whole numbers) in random order, TTL, figures and jitter on; the large value is a list of fifty rows, 10 kB',
  packages: ['lru-cache'],
  sides: {
    map: () => {
      const map = new Map(keys.map((key) => [key, profile(key)]));
      return looked((key) => map.get(key));
    },
    millrace: async () => {
      const entity = await entityOf(profile);
      return looked((key) => entity.peek(key));
    },
    'millrace-large': async () => {
      const entity = await entityOf(report);
      return looked((key) => entity.peek(key));
    },
    'map-numbers': () => {
      const map = new Map(keys.map((_, index) => [1000 + index, numbered(1000 + index)]));
      return lookedByNumber((id) => map.get(id));
    },
    'millrace-numbers': async () => {
      const entity = createCache().entity('profile', async (ids: readonly number[]) => ids.map(numbered), { key: ({ id }) => id });
      await entity.getMany(keys.map((_, index) => 1000 + index));
      return lookedByNumber((id) => entity.peek(id));
    },
    'lru-cache': async () => {
      const { LRUCache } = await import('lru-cache');
      const cache = new LRUCache<string, object>({ max: 10_000, ttl: 3_600_000 });
      for (const key of keys) cache.set(key, profile(key));
      return looked((key) => cache.get(key));
    },
  },
  figures: [
    {
      id: 'cache/peek',
      question: 'How fast is a synchronous look at a cached value, against a bare Map?',
      metric: 'opsPerSecond',
      ours: 'millrace',
      peer: 'map',
      goal: { direction: 'atLeast', ratio: 0.6 },
    },
    {
      id: 'cache/peek-numbers',
      question: 'And with ids that are whole numbers, against a Map of numbers?',
      metric: 'opsPerSecond',
      ours: 'millrace-numbers',
      peer: 'map-numbers',
      goal: { direction: 'atLeast', ratio: 0.6 },
    },
    { id: 'cache/peek-lru-cache', question: 'And against lru-cache with a TTL?', metric: 'opsPerSecond', ours: 'millrace', peer: 'lru-cache' },
    {
      id: 'cache/peek-large',
      question: 'Does a value of 10 kB cost more than a small one?',
      metric: 'nsPerOp',
      ours: 'millrace-large',
      peer: 'millrace',
      goal: { direction: 'atMost', ratio: 1.2 },
    },
  ],
};
