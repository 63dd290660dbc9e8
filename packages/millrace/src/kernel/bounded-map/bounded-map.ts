import { ConfigError } from '../errors.ts';
import { resolveOptions } from '../options/resolve.ts';
import { integer } from '../options/rules.ts';
import { EvictionQueue } from './eviction-queue.ts';
import { hashOf, type MapKey } from './hash.ts';

/** Why an entry is gone: pushed out by others, deleted, or replaced by a newer value under the same key. */
export type RemovalReason = 'evicted' | 'deleted' | 'replaced';

export interface BoundedMapOptions<Key extends MapKey, Value> {
  /** Entries at once, 1 to 2^30. @default 2^30: bounded by weight alone */
  readonly maxEntries?: number | undefined;
  /** Weight of all entries together, in the unit of `weigh`, 1 to 2^53 - 1. One of the two bounds must be given. */
  readonly maxWeight?: number | undefined;
  /** Weight of one entry, 0 to 2^32 - 1, rounded up; asked once a `set`. @default 1 */
  readonly weigh?: ((value: Value, key: Key) => number) | undefined;
  /** Told after the map has changed; it may use the map. What it throws reaches the caller of the operation. */
  readonly onRemoved?: ((key: Key, value: Value, reason: RemovalReason) => void) | undefined;
}

export interface BoundedMapStats {
  readonly policy: 's3-fifo';
  readonly entries: number;
  readonly weight: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  /** Entries not taken in because one alone was heavier than the bound. */
  readonly refusals: number;
}

const mostEntries = 2 ** 30;
const rules = { maxEntries: integer(1, mostEntries), maxWeight: integer(1, Number.MAX_SAFE_INTEGER) };

const unbounded = (): ConfigError =>
  new ConfigError([{ setting: 'boundedMap.maxEntries', found: 'not given, nor is boundedMap.maxWeight', allowed: 'give one of the two' }]);

interface Removal<Key, Value> {
  readonly key: Key;
  readonly value: Value;
  readonly reason: RemovalReason;
}

/**
 * A map that forgets. It holds at most so many entries, or so much weight, and keeps what is used: see `EvictionQueue` for the policy.
 * A hit costs a `Map.get` and one byte written. For whoever must bound a map; the memory tier of the cache stands on the same queue.
 */
export class BoundedMap<Key extends MapKey, Value> {
  hits = 0;
  misses = 0;
  refusals = 0;
  readonly #slots: Map<Key, number> = new Map();
  readonly #keys: (Key | undefined)[] = [];
  readonly #values: (Value | undefined)[] = [];
  readonly #queue: EvictionQueue;
  readonly #weigh: (value: Value, key: Key) => number;
  readonly #onRemoved: BoundedMapOptions<Key, Value>['onRemoved'];
  #removals: Removal<Key, Value>[] = [];

  constructor({ weigh, onRemoved, ...limits }: BoundedMapOptions<Key, Value>) {
    const { maxEntries = mostEntries, maxWeight = Number.MAX_SAFE_INTEGER } = resolveOptions('boundedMap', limits, rules);
    if (limits.maxEntries === undefined && limits.maxWeight === undefined) throw unbounded();
    this.#weigh = weigh ?? (() => 1);
    this.#onRemoved = onRemoved;
    this.#queue = new EvictionQueue({ maxEntries, maxWeight }, { evicted: (slot) => this.#forget(slot, 'evicted'), grown() {} });
  }

  get size(): number {
    return this.#slots.size;
  }

  get weight(): number {
    return this.#queue.weight;
  }

  /** The value, marked as used and counted; undefined is a miss. */
  get(key: Key): Value | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    this.#queue.mark(slot);
    return this.#values[slot];
  }

  /** The value, without a trace: neither marked nor counted. */
  peek(key: Key): Value | undefined {
    const slot = this.#slots.get(key);
    return slot === undefined ? undefined : this.#values[slot];
  }

  has(key: Key): boolean {
    return this.#slots.has(key);
  }

  /** Stores, and says whether it did: an entry heavier than the bound is refused and counted, and what stood under its key is gone. */
  set(key: Key, value: Value): boolean {
    const weight = this.#weigh(value, key);
    const slot = this.#slots.get(key);
    const fits = this.#queue.fits(weight);
    if (!fits) this.#refuse(slot);
    else if (slot === undefined) this.#admit(key, value, weight);
    else this.#replace(slot, key, value, weight);
    this.#tell();
    return fits;
  }

  delete(key: Key): boolean {
    const slot = this.#slots.get(key);
    if (slot === undefined) return false;
    this.#drop(slot, 'deleted');
    this.#tell();
    return true;
  }

  clear(): void {
    for (const slot of [...this.#slots.values()]) this.#drop(slot, 'deleted');
    this.#tell();
  }

  /** In the order of first arrival; deleting while iterating is fine. */
  *entries(): IterableIterator<[Key, Value]> {
    for (const [key, slot] of this.#slots) yield [key, this.#values[slot] as Value];
  }

  keys(): IterableIterator<Key> {
    return this.#slots.keys();
  }

  [Symbol.iterator](): IterableIterator<[Key, Value]> {
    return this.entries();
  }

  stats(): BoundedMapStats {
    const { hits, misses, refusals } = this;
    return { policy: 's3-fifo', entries: this.size, weight: this.weight, hits, misses, evictions: this.#queue.evictions, refusals };
  }

  #admit(key: Key, value: Value, weight: number): void {
    const slot = this.#queue.admit(hashOf(key), weight);
    this.#slots.set(key, slot);
    this.#keys[slot] = key;
    this.#values[slot] = value;
  }

  #replace(slot: number, key: Key, value: Value, weight: number): void {
    this.#note(key, this.#values[slot] as Value, 'replaced');
    this.#values[slot] = value;
    this.#queue.reweigh(slot, weight);
  }

  #refuse(slot: number | undefined): void {
    this.refusals++;
    if (slot !== undefined) this.#drop(slot, 'replaced');
  }

  #drop(slot: number, reason: RemovalReason): void {
    this.#forget(slot, reason);
    this.#queue.remove(slot);
  }

  #forget(slot: number, reason: RemovalReason): void {
    const key = this.#keys[slot] as Key;
    this.#note(key, this.#values[slot] as Value, reason);
    this.#slots.delete(key);
    this.#keys[slot] = undefined;
    this.#values[slot] = undefined;
  }

  #note(key: Key, value: Value, reason: RemovalReason): void {
    if (this.#onRemoved) this.#removals.push({ key, value, reason });
  }

  /** The listener hears when the map is whole again, so that it may use it. */
  #tell(): void {
    if (this.#removals.length === 0) return;
    const removals = this.#removals;
    this.#removals = [];
    for (const { key, value, reason } of removals) this.#onRemoved?.(key, value, reason);
  }
}
