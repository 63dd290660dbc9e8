import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { BoundedMap } from '../../../packages/millrace/src/kernel/index.ts';
import type { Bench, LoadSide, Reading } from '../../harness/figure.ts';

const folder = new URL('../../data/cache-traces/', import.meta.url);
const traces = { web07: 'cache2k-web07.trace.br', ormNight: 'cache2k-orm-night.trace.br' } as const;
const shares = { At1: 0.01, At5: 0.05, At20: 0.2 } as const;

interface Trace {
  readonly asked: Uint32Array;
  readonly distinct: number;
}

function read(file: string): Trace {
  const bytes = brotliDecompressSync(readFileSync(new URL(file, folder)));
  const asked = Uint32Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readUInt32BE(at * 4));
  return { asked, distinct: new Set(asked).size };
}

type Policy = (asked: Uint32Array, room: number) => number;

const s3fifo: Policy = (asked, room) => {
  const map = new BoundedMap<number, true>({ maxEntries: room });
  for (const key of asked) if (map.get(key) === undefined) map.set(key, true);
  return map.hits;
};

const lru: Policy = (asked, room) => {
  const kept = new Set<number>();
  let hits = 0;
  for (const key of asked) {
    if (kept.delete(key)) hits++;
    else if (kept.size >= room) kept.delete(kept.values().next().value as number);
    kept.add(key);
  }
  return hits;
};

/** Replays every trace with room for 1, 5 and 20 % of its objects. The same every round: only the policy decides. */
const replay = (policy: Policy): LoadSide => {
  const reading: Record<string, number> = {};
  return {
    async round(): Promise<Reading> {
      if (Object.keys(reading).length > 0) return reading;
      for (const [name, file] of Object.entries(traces)) {
        const { asked, distinct } = read(file);
        for (const [label, share] of Object.entries(shares)) reading[`${name}${label}`] = policy(asked, Math.round(distinct * share)) / asked.length;
      }
      return reading;
    },
  };
};

const figure = (trace: keyof typeof traces, percent: 1 | 5 | 20) => ({
  id: `cache/hit-rate-${trace === 'web07' ? 'web07' : 'orm-night'}-${percent}`,
  question: `Share answered from memory with room for ${percent} % of the objects of ${trace === 'web07' ? 'a product page' : "a shop's database at night"}, against LRU?`,
  metric: `${trace}At${percent}`,
  ours: 'millrace',
  peer: 'lru',
  goal: { direction: 'atLeast', ratio: 1 } as const,
});

export const bench: Bench = {
  area: 'cache',
  rounds: 11,
  setting: 'access traces cache2k-web07 and cache2k-orm-night, copyright headissue GmbH, Jens Wilke, CC BY 4.0; a miss is stored; every round gives the same',
  sides: { millrace: () => replay(s3fifo), lru: () => replay(lru) },
  figures: [figure('web07', 1), figure('web07', 5), figure('web07', 20), figure('ormNight', 1), figure('ormNight', 5), figure('ormNight', 20)],
};
