import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Ghosts } from './ghosts.ts';
import { BoundedMap, type RemovalReason } from './index.ts';
import { groups, ReuseRates } from './reuse.ts';

type Step =
  | { readonly does: 'set'; readonly key: number; readonly value: number; readonly weight: number }
  | { readonly does: 'get' | 'peek' | 'delete'; readonly key: number }
  | { readonly does: 'clear' };

const key = fc.integer({ min: 0, max: 40 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ does: fc.constant('set' as const), key, value: fc.nat(), weight: fc.integer({ min: 0, max: 70 }).map((half) => half / 2) }),
    },
    { weight: 6, arbitrary: fc.record({ does: fc.constantFrom('get' as const, 'peek' as const, 'delete' as const), key }) },
    { weight: 1, arbitrary: fc.constant({ does: 'clear' as const }) },
  ),
  { maxLength: 300 },
);

it('C1 holds what a plain map holds, less what it told us it removed, and never more than its bounds', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 10, max: 100 }), (plan, maxEntries, maxWeight) => {
      const model = new Map<number, { value: number; weight: number }>();
      const map = new BoundedMap<number, { value: number; weight: number }>({
        maxEntries,
        maxWeight,
        weigh: ({ weight }) => weight,
        onRemoved: (gone, value, reason) => {
          if (reason === 'evicted') {
            expect(model.get(gone)).toBe(value);
            model.delete(gone);
          }
        },
      });
      for (const step of plan) {
        apply(step, map, model, maxWeight);
        expect(map.size).toBe(model.size);
        expect(map.size).toBeLessThanOrEqual(maxEntries);
        expect(map.weight).toBe([...model.values()].reduce((sum, { weight }) => sum + Math.ceil(weight), 0));
        expect(map.weight).toBeLessThanOrEqual(maxWeight);
      }
      expect(new Map(map)).toEqual(model);
    }),
    { numRuns: 300 },
  );
});

function apply(
  step: Step,
  map: BoundedMap<number, { value: number; weight: number }>,
  model: Map<number, { value: number; weight: number }>,
  maxWeight: number,
) {
  if (step.does === 'clear') {
    map.clear();
    model.clear();
  } else if (step.does === 'set') {
    const entry = { value: step.value, weight: step.weight };
    model.delete(step.key);
    if (step.weight <= maxWeight) model.set(step.key, entry);
    expect(map.set(step.key, entry)).toBe(step.weight <= maxWeight);
    if (step.weight <= maxWeight) expect(map.peek(step.key)).toBe(entry);
  } else if (step.does === 'delete') expect(map.delete(step.key)).toBe(model.delete(step.key));
  else expect(map[step.does](step.key)).toBe(model.get(step.key));
}

it('C1 names why an entry went, after the map is whole again', () => {
  const seen: [string, RemovalReason, number][] = [];
  const map = new BoundedMap<string, number>({ maxEntries: 2, onRemoved: (gone, _value, reason) => seen.push([gone, reason, map.size]) });
  map.set('a', 1);
  map.set('b', 2);
  map.set('a', 3);
  map.set('c', 4);
  map.delete('c');
  expect(seen).toEqual([
    ['a', 'replaced', 2],
    ['a', 'evicted', 2],
    ['c', 'deleted', 1],
  ]);
  expect(map.stats()).toMatchObject({ policy: 's3-fifo', entries: 1, evictions: 1 });
});

it('C1 an entry heavier than the bound is refused, counted, and hides no older value', () => {
  const map = new BoundedMap<string, string>({ maxWeight: 10, weigh: (text) => text.length });
  expect(map.set('a', 'short')).toBe(true);
  expect(map.set('a', 'longer than ten')).toBe(false);
  expect(map.get('a')).toBeUndefined();
  expect(map.stats()).toMatchObject({ refusals: 1, entries: 0, weight: 0, misses: 1 });
});

it('C1 an overwrite with a heavier value pushes out others, not itself', () => {
  const map = new BoundedMap<string, number>({ maxWeight: 10, weigh: (weight) => weight });
  for (const name of ['a', 'b', 'c', 'd', 'e']) map.set(name, 2);
  for (const name of ['b', 'c', 'd', 'e']) for (let use = 0; use < 3; use++) map.get(name);
  map.set('a', 9);
  expect(map.peek('a')).toBe(9);
  expect(map.weight).toBeLessThanOrEqual(10);
});

it('C1 what was asked for twice outlives a scan of twenty times what fits', () => {
  const map = new BoundedMap<number, number>({ maxEntries: 100 });
  for (let hot = 0; hot < 50; hot++) map.set(hot, hot);
  for (let hot = 0; hot < 50; hot++) map.get(hot);
  for (let passing = 1000; passing < 3000; passing++) map.set(passing, passing);
  const kept = Array.from({ length: 50 }, (_, hot) => map.has(hot)).filter(Boolean).length;
  expect(kept).toBeGreaterThanOrEqual(49);
});

const scattered = (number: number): number => Math.imul(number + 1, 0x9e3779b1) ^ (number << 7);

it('C1 what is deleted out of the main part and comes back soon has its place there again', () => {
  const map = new BoundedMap<number, number>({ maxEntries: 100 });
  for (let hot = 0; hot < 20; hot++) map.set(hot, hot);
  for (let use = 0; use < 3; use++) for (let hot = 0; hot < 20; hot++) map.get(hot);
  const passing = (from: number): void => {
    for (let key = from; key < from + 300; key++) map.set(key, key);
  };
  passing(1000);
  for (let hot = 0; hot < 20; hot++) map.delete(hot);
  for (let hot = 0; hot < 20; hot++) map.set(hot, hot);
  passing(2000);
  const kept = Array.from({ length: 20 }, (_, hot) => map.has(hot)).filter(Boolean).length;
  expect(kept).toBeGreaterThanOrEqual(18);
});

it('C1 a ghost is known again within its time, once, and tells which queue it left', () => {
  const ghosts = new Ghosts();
  expect(ghosts.take(scattered(1), [10, 10, 10])).toBeUndefined();
  ghosts.add(scattered(1), 0, 100);
  ghosts.add(scattered(2), 1, 100);
  for (let passing = 0; passing < 10; passing++) ghosts.pass(1);
  expect(ghosts.take(scattered(2), [10, 10, 10])).toBeUndefined();
  expect([ghosts.take(scattered(1), [10, 10, 10]), ghosts.take(scattered(1), [10, 10, 10])]).toEqual([0, undefined]);
});

it('C1 ghosts stay few bytes each, whatever passes by, and seldom take a stranger for one of theirs', () => {
  const ghosts = new Ghosts();
  const entries = 10_000;
  for (let key = 0; key < 10 * entries; key++) {
    ghosts.add(scattered(key), 0, entries);
    ghosts.pass(0);
  }
  expect(ghosts.sizeBytes).toBeLessThanOrEqual(entries * 20);
  let known = 0;
  let strangers = 0;
  for (let key = 0; key < entries; key++) {
    if (ghosts.take(scattered(10 * entries - 1 - key), [entries, entries, entries]) !== undefined) known++;
    if (ghosts.take(scattered(20 * entries + key), [entries, entries, entries]) !== undefined) strangers++;
  }
  expect(known).toBeGreaterThan(entries * 0.9);
  expect(strangers).toBeLessThan(entries * 0.001);
});

it('C1 a group of newcomers is let in while it is used as often as those that must go for it', () => {
  const rates = new ReuseRates();
  for (let passage = 0; passage < 100; passage++) rates.passed(groups.returned, passage % 2 === 0);
  for (let gone = 0; gone < 60; gone++) {
    rates.left(1000);
    if (gone % 4 === 0) rates.wanted();
  }
  expect([rates.isWorth(groups.returned, 1), rates.isWorth(groups.returned, 3)]).toEqual([true, false]);
  for (let gone = 0; gone < 60; gone++) {
    rates.left(1000);
    rates.wanted();
  }
  expect(rates.isWorth(groups.returned, 1)).toBe(false);
});

it.each([1.1, 1.5, 2, 5])('C1 a loop over %d times what fits keeps most of what it can, where LRU keeps nothing', (times) => {
  const room = 1000;
  const map = new BoundedMap<number, true>({ maxEntries: room });
  const lru = new Lru();
  const rounds = 100_000;
  for (let at = 0; at < rounds; at++) {
    const key = at % (room * times);
    lru.ask(key, room);
    if (map.get(key) === undefined) map.set(key, true);
  }
  expect(lru.hits).toBe(0);
  expect(map.hits / rounds).toBeGreaterThan((0.5 * room) / (room * times));
});

it('O2 a bounded map without a bound is refused', () => {
  expect(() => new BoundedMap({})).toThrow(/boundedMap\.maxEntries is not given/);
  expect(() => new BoundedMap({ maxEntries: 0 })).toThrow(/boundedMap\.maxEntries is 0/);
});

/** The plainest LRU there is: a Map's own order. */
class Lru {
  hits = 0;
  readonly #keys: Set<number> = new Set();
  ask(key: number, capacity: number): void {
    if (this.#keys.delete(key)) this.hits++;
    else if (this.#keys.size >= capacity) this.#keys.delete(this.#keys.values().next().value as number);
    this.#keys.add(key);
  }
}

const traces = new URL('../../../../../bench/data/cache-traces/', import.meta.url);
const sample = (): number[] => {
  const bytes = brotliDecompressSync(readFileSync(new URL('cache2k-web07.trace.br', traces)));
  return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readUInt32BE(at * 4));
};

it.each([0.01, 0.05, 0.2])('C1 beats LRU on requests of a real product page with room for %d of the keys', (share) => {
  const requests = sample();
  const capacity = Math.round(new Set(requests).size * share);
  const lru = new Lru();
  const map = new BoundedMap<number, true>({ maxEntries: capacity });
  for (const asked of requests) {
    lru.ask(asked, capacity);
    if (map.get(asked) === undefined) map.set(asked, true);
  }
  expect(map.hits).toBeGreaterThan(lru.hits * 1.02);
});
