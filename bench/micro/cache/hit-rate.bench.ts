import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import { BoundedMap } from '../../../packages/millrace/src/kernel/index.ts';
import type { Bench, LoadSide, Reading } from '../../harness/figure.ts';
import { seeded } from './data.ts';

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

/** What whoever knows the future keeps (Bélády 1966): no policy can do better. */
const optimum: Policy = (asked, room) => {
  const nextUse = new Float64Array(asked.length);
  const seen = new Map<number, number>();
  for (let at = asked.length - 1; at >= 0; at--) {
    nextUse[at] = seen.get(asked[at] as number) ?? Number.POSITIVE_INFINITY;
    seen.set(asked[at] as number, at);
  }
  const kept = new Map<number, number>();
  const farthest = new FarthestFirst();
  let hits = 0;
  for (const [at, key] of asked.entries()) {
    if (kept.has(key)) hits++;
    kept.set(key, nextUse[at] as number);
    farthest.push(nextUse[at] as number, key);
    if (kept.size > room) kept.delete(farthest.pop(kept));
  }
  return hits;
};

/** A heap of keys by their next use. What has been used meanwhile stands in it twice, and only the newer one counts. */
class FarthestFirst {
  readonly #uses: number[] = [];
  readonly #keys: number[] = [];

  push(use: number, key: number): void {
    let at = this.#uses.push(use) - 1;
    this.#keys.push(key);
    for (let above = (at - 1) >> 1; at > 0 && (this.#uses[above] as number) < use; above = (at - 1) >> 1) {
      this.#swap(at, above);
      at = above;
    }
  }

  pop(kept: ReadonlyMap<number, number>): number {
    for (;;) {
      const [use, key] = [this.#uses[0], this.#keys[0] as number];
      this.#swap(0, this.#uses.length - 1);
      this.#uses.pop();
      this.#keys.pop();
      this.#sink();
      if (kept.get(key) === use) return key;
    }
  }

  #sink(): void {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      if (left >= this.#uses.length) return;
      const larger = (this.#uses[left + 1] ?? -1) > (this.#uses[left] as number) ? left + 1 : left;
      if ((this.#uses[larger] as number) <= (this.#uses[at] as number)) return;
      this.#swap(at, larger);
      at = larger;
    }
  }

  #swap(one: number, other: number): void {
    [this.#uses[one], this.#uses[other]] = [this.#uses[other] as number, this.#uses[one] as number];
    [this.#keys[one], this.#keys[other]] = [this.#keys[other] as number, this.#keys[one] as number];
  }
}

/** How much of what LRU leaves to the optimum this policy gets, with room for 5 % of the objects, on average over the traces. */
function shareOfGap(policy: Policy): number {
  const closed = Object.values(traces).map((file) => {
    const { asked, distinct } = read(file);
    const room = Math.round(distinct * shares.At5);
    const least = lru(asked, room);
    return (policy(asked, room) - least) / (optimum(asked, room) - least);
  });
  return closed.reduce((sum, share) => sum + share, 0) / closed.length;
}

/** A loop over half as much again as fits, and a Zipf law with scans over five times what fits, each hundred thousand requests. */
function loop(room: number): Uint32Array {
  return Uint32Array.from({ length: 100_000 }, (_, at) => at % Math.round(room * 1.5));
}

function scans(room: number): Uint32Array {
  const random = seeded(5);
  const weights = Array.from({ length: 10 * room }, (_, rank) => 1 / (rank + 1));
  let total = 0;
  const bounds = Float64Array.from(weights, (weight) => (total += weight));
  const asked: number[] = [];
  for (let scanned = 10 * room; asked.length < 100_000; ) {
    for (let at = 0; at < 10_000; at++) asked.push(rankOf(random() * total, bounds));
    for (let at = 0; at < 5 * room; at++) asked.push(scanned++);
  }
  return Uint32Array.from(asked);
}

function rankOf(chance: number, bounds: Float64Array): number {
  let [low, high] = [0, bounds.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bounds[middle] as number) < chance) low = middle + 1;
    else high = middle;
  }
  return low;
}

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
      reading['gapClosed'] = shareOfGap(policy);
      for (const [name, asked] of [['loop', loop(1000)] as const, ['scans', scans(1000)] as const]) reading[name] = policy(asked, 1000) / asked.length;
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
  sides: { millrace: () => replay(s3fifo), lru: () => replay(lru), optimum: () => replay(optimum) },
  figures: [
    ...[figure('web07', 1), figure('web07', 5), figure('web07', 20), figure('ormNight', 1), figure('ormNight', 5), figure('ormNight', 20)],
    {
      id: 'cache/hit-rate-gap',
      question:
        'How much of what LRU leaves to a policy that knows the future does ours get, with room for 5 % of the objects, on average over the two traces?',
      metric: 'gapClosed',
      ours: 'millrace',
      peer: 'optimum',
      goal: { direction: 'atLeast', ratio: 0.35 },
    },
    {
      id: 'cache/hit-rate-loop',
      question: 'Share answered under a loop over half as much again as fits, where LRU answers none, against the optimum?',
      metric: 'loop',
      ours: 'millrace',
      peer: 'optimum',
      goal: { direction: 'atLeast', ratio: 0.5 },
    },
    {
      id: 'cache/hit-rate-scans',
      question: 'And under a Zipf law with scans over five times what fits, against LRU?',
      metric: 'scans',
      ours: 'millrace',
      peer: 'lru',
      goal: { direction: 'atLeast', ratio: 1 },
    },
  ],
};
