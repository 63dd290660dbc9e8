import type { Clock } from '../../../kernel/index.ts';
import { none } from '../../../kernel/index.ts';
import { sizeOf } from '../../values/index.ts';
import type { Envelope, Target, Tier, TierAnswer, TierStats, TierWrite } from '../tier.ts';
import type { Extras, MemoryEntry, MemoryStore } from './store.ts';

/**
 * The memory store behind the `Tier` port, like every other tier. The cache itself uses the store directly, since what is synchronous there must not
 * become a promise. Times in envelopes are wall time; within, they run on the monotonic clock, so that a clock set back or forth ages nothing.
 */
export class MemoryTier implements Tier {
  readonly name = 'memory';
  readonly #store: MemoryStore;
  readonly #clock: Clock;

  constructor(store: MemoryStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  get(keys: readonly string[]): Promise<TierAnswer> {
    return Promise.resolve({ entries: keys.map((key) => this.#read(key)), fence: this.#store.fences.sequence });
  }

  set(writes: readonly TierWrite[]): Promise<readonly boolean[]> {
    return Promise.resolve(writes.map(({ key, envelope, fence }) => this.#write(key, envelope, fence === undefined ? undefined : Number(fence))));
  }

  delete(keys: readonly string[]): Promise<number> {
    return Promise.resolve(keys.reduce((count, key) => count + this.#store.deleteKey(this.#store.placeOf(key)), 0));
  }

  invalidate(target: Target): Promise<number> {
    return Promise.resolve(invalidateIn(this.#store, target));
  }

  stats(): TierStats {
    const { entries, sizeBytes, queue } = this.#store;
    return { policy: 's3-fifo', entries, sizeBytes, evictions: queue.evictions };
  }

  #read(key: string): Envelope | undefined {
    const store = this.#store;
    const slot = store.slotOf(store.placeOf(key));
    if (slot === none) return undefined;
    const aheadMs = this.#clock.wallMs() - this.#clock.monotonicMs();
    const [freshUntil, staleForMs, graceMs] = [store.freshUntil[slot] as number, store.staleFor[slot] as number, store.grace[slot] as number];
    if (this.#clock.monotonicMs() >= freshUntil + Math.max(staleForMs, graceMs)) {
      store.expire(slot);
      return undefined;
    }
    store.queue.mark(slot);
    const { version, confidence, eager } = store.extrasOf(slot) ?? nothingMore;
    const aheadOfEndMs = eager ? eager.freshUntilMs - eager.fromMs : 0;
    const storedAtMs = (store.storedAt[slot] as number) + aheadMs;
    const times = { storedAtMs, freshUntilMs: freshUntil + aheadMs + aheadOfEndMs, staleForMs: staleForMs - aheadOfEndMs, graceMs: graceMs - aheadOfEndMs };
    return { value: store.values[slot], ...times, tags: store.tagsOf(slot), version, confidence };
  }

  #write(key: string, envelope: Envelope, since: number | undefined): boolean {
    const { value, staleForMs, graceMs, tags, version, confidence } = envelope;
    const aheadMs = this.#clock.wallMs() - this.#clock.monotonicMs();
    const extras = version === '' && confidence === undefined ? undefined : { version, confidence };
    const times = { storedAtMs: envelope.storedAtMs - aheadMs, freshUntilMs: envelope.freshUntilMs - aheadMs, staleForMs, graceMs };
    const entry: MemoryEntry = { value, sizeBytes: sizeOf(value), ...times, tags, extras };
    return this.#store.write(this.#store.placeOf(key), entry, since) === 'stored';
  }
}

const nothingMore: Extras = { version: '', confidence: undefined };

/** Drops what is meant, at once, and keeps loads that run from bringing it back. */
export function invalidateIn(store: MemoryStore, target: Target): number {
  if ('key' in target) return store.invalidateKey(store.placeOf(target.key));
  if ('tag' in target) return store.invalidateTag(target.tag);
  if ('pattern' in target) return target.pattern.includes('*') ? store.invalidatePattern(target.pattern) : invalidateIn(store, { key: target.pattern });
  const family = store.family(target.entity);
  return family ? store.invalidateFamily(family) : store.invalidateKey(store.placeOf(target.entity));
}
