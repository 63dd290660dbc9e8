import { CallContext, type CallOptions, currentContext, none } from '../../kernel/index.ts';
import { Flights } from '../../resilience/index.ts';
import { type Engine, labelOf } from '../engine.ts';
import { ConfidenceError } from '../errors.ts';
import { checkedConfidence } from '../kinds.ts';
import type { Policy } from '../policy.ts';
import type { Place } from '../tiers/memory/index.ts';
import type { Landing } from './fill.ts';
import { waitFor } from './patience.ts';

/** A value and where it came from. */
export interface CacheEntry<Value> {
  readonly value: Value | undefined;
  /** `hit`: fresh, from a tier. `stale`: past its TTL, within what the declaration allows. `loaded`: from the loader. `absent`: there is none. */
  readonly state: 'hit' | 'stale' | 'loaded' | 'absent';
  /** `memory`, the name of a tier below it, `loader`, or `none`. */
  readonly tier: string;
  /** Since the value was loaded or set. */
  readonly ageMs: number;
  /** How sure its source was, 0 to 1; undefined where it did not say. */
  readonly confidence: number | undefined;
}

/** What a reader may demand of the cache, beside what any call may say. */
export interface ReadOptions extends CallOptions {
  /**
   * What is less sure than this, 0 to 1, is not given: it is loaded anew, and where the load is no surer the call fails with MILLRACE_CONFIDENCE. What does not
   * say how sure it is, is sure. @default 0
   */
  readonly minConfidence?: number | undefined;
}

/** @internal The least confidence a call demands. */
export function minConfidenceOf(call: ReadOptions | CallContext | undefined): number {
  const asked = call === undefined || call instanceof CallContext ? undefined : call.minConfidence;
  return asked === undefined ? 0 : checkedConfidence(asked);
}

/** Finds one key below memory: a batch does it for entities, a plain call for itself. */
export type Fetch = (shared: CallContext) => Promise<Landing>;

/** A search, and when it began. */
interface Begun {
  readonly landing: Landing;
  readonly beganMs: number;
}

/** What memory has for a key, not fresh any more. */
interface Held {
  readonly slot: number;
  readonly storedAtMs: number;
  readonly entry: CacheEntry<unknown>;
  /** `stale`: give it and refresh behind; `grace`: only when loading fails or is slow. */
  readonly phase: 'stale' | 'grace';
  /** A load failed a moment ago: no new one yet. */
  readonly isResting: boolean;
}

/** Does somebody note where the time of this call goes? */
export const isWatched = (call: CallOptions | CallContext | undefined): boolean =>
  (call !== undefined && call instanceof CallContext ? call : currentContext())?.recorder !== undefined;

/** While memory is not trusted, nobody is told what a search brings that began so long before he asked: it may have read before what nobody here has heard of. */
const longestHeadStartMs = 1000;

/** After a failed load an older value is given for so long before the loader is tried again. */
const restMs = 1000;

/**
 * How a value is found when memory has no fresh one: one search per key however many ask, older values where the declaration allows them.
 *
 * A search that was under way when something was invalidated answers those who asked before that, and nobody who asked after: they search again.
 */
export class Reader {
  readonly #engine: Engine;
  readonly #flights: Flights<string, Begun> = new Flights({ maxKeys: 1_000_000 });
  /** Searches that do not take what is unsure, by the confidence they demand and the key. */
  readonly #sure: Flights<string, Begun> = new Flights({ maxKeys: 100_000 });

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Searches on their way. */
  get inFlight(): number {
    return this.#flights.size;
  }

  /** Whoever asks for this key from now on searches anew. */
  forget(key: string): void {
    this.#flights.forget(key);
    if (this.#sure.size > 0) this.#sure.forgetAll();
  }

  forgetAll(): void {
    this.#flights.forgetAll();
    this.#sure.forgetAll();
  }

  /** The slot of a fresh entry, counted as a hit, where nobody draws a waterfall; -1 otherwise. The short way, without a context. */
  hitOf(place: Place, call: CallOptions | CallContext | undefined): number {
    const { store, memoryFigures } = this.#engine;
    const slot = store.slotOf(place);
    if (slot === none || this.#engine.readingMs(place.family) >= (store.freshUntil[slot] as number) || isWatched(call)) return none;
    place.family.figures.hits++;
    memoryFigures.hits++;
    store.queue.mark(slot);
    return slot;
  }

  /** The value of a place that memory may or may not hold. */
  async read(place: Place, policy: Policy, fetch: Fetch, context: CallContext): Promise<CacheEntry<unknown>> {
    const { recorder } = context;
    if (!recorder) return this.#read(place, policy, fetch, context);
    const step = recorder.begin('cache', labelOf(place), context.step);
    try {
      const entry = await this.#read(place, policy, fetch, context.with({ step }));
      recorder.end(step, entry.state === 'stale' ? 'stale' : entry.tier === 'loader' || entry.tier === 'none' ? 'miss' : 'hit', entry.tier);
      return entry;
    } catch (error) {
      recorder.end(step, context.isAborted ? 'cancelled' : 'error');
      throw error;
    }
  }

  async #read(place: Place, policy: Policy, fetch: Fetch, context: CallContext): Promise<CacheEntry<unknown>> {
    const { figures } = place.family;
    const held = this.#held(place);
    if (held && 'phase' in held) return this.#readOlder(held, place, policy, fetch, context);
    if (held) {
      figures.hits++;
      this.#engine.memoryFigures.hits++;
      return held;
    }
    this.#missInMemory();
    return this.#count(place, await this.#searchCounting(place, fetch, context));
  }

  /**
   * The value of a place, as sure as the reader demands. What memory has is given where it is sure enough; else it is searched for past everything unsure. What was
   * loaded less than a second ago is as sure as it gets.
   */
  async readSure(place: Place, fetch: Fetch, minConfidence: number, context: CallContext): Promise<CacheEntry<unknown>> {
    const held = this.#held(place);
    const entry = held && 'phase' in held ? undefined : held;
    if (entry && ((entry.confidence ?? 1) >= minConfidence || entry.ageMs < restMs)) {
      place.family.figures.hits++;
      this.#engine.memoryFigures.hits++;
      return sureEnough(place, entry, minConfidence);
    }
    this.#missInMemory();
    const landing = await this.#searchOn(this.#sure, `${minConfidence} ${place.key}`, fetch, context);
    return sureEnough(place, this.#count(place, landing), minConfidence);
  }

  /** Searches although memory has a fresh one, past what is not fresh for long enough; joins a search that is under way. */
  renew(place: Place, fetch: Fetch, context: CallContext): Promise<Landing> {
    return this.#search(place, fetch, context);
  }

  async #readOlder(held: Held, place: Place, policy: Policy, fetch: Fetch, context: CallContext): Promise<CacheEntry<unknown>> {
    const { figures } = place.family;
    if (held.phase === 'stale' || held.isResting) {
      figures.hits++;
      if (held.entry.state === 'stale') figures.staleHits++;
      this.#engine.memoryFigures.hits++;
      if (!held.isResting) this.#refresh(held, place, fetch, context);
      return held.entry;
    }
    this.#missInMemory();
    return this.#readPatiently(held, place, policy, fetch, context);
  }

  /** An older value is at hand in case the load fails, or is slower than the declaration's soft limit or the caller's deadline. */
  async #readPatiently(held: Held, place: Place, policy: Policy, fetch: Fetch, context: CallContext): Promise<CacheEntry<unknown>> {
    const nowMs = this.#engine.system.clock.monotonicMs();
    const search = this.#search(place, fetch, this.#engine.behind(context));
    this.#engine.track(search);
    const waited = await waitFor(search, Math.min(nowMs + policy.softTimeoutMs, context.deadlineMs), context);
    if (waited.outcome === 'came') return this.#count(place, waited.value);
    const { figures } = place.family;
    figures.misses++;
    const { store } = this.#engine;
    const isStillThere = store.slotOf(place) === held.slot && store.storedAt[held.slot] === held.storedAtMs;
    if (!isStillThere) {
      if (waited.outcome === 'failed') throw waited.error;
      return entryOf(await this.#search(place, fetch, context));
    }
    if (waited.outcome === 'failed') this.#rest(held.slot);
    figures.staleHits++;
    const because = waited.outcome;
    const { ageMs } = held.entry;
    this.#engine.events.emit('cache.entry.servedStale', () => ({ entity: labelOf(place), ageMs, because, correlationId: context.correlationId }));
    return held.entry;
  }

  /** Loads anew behind a value that was given. */
  #refresh(held: Held, place: Place, fetch: Fetch, context: CallContext): void {
    if (this.#flights.has(place.key) || this.#engine.isStopped) return;
    const search = this.#search(place, fetch, this.#engine.behind(context));
    this.#engine.track(
      search.catch(() => {
        if (this.#engine.store.slotOf(place) === held.slot) this.#rest(held.slot);
      }),
    );
  }

  #rest(slot: number): void {
    this.#engine.store.setRetryAt(slot, this.#engine.system.clock.monotonicMs() + restMs);
  }

  /** Joins the search for this key, or begins it. What was searched for before our question may be older than what we may get: then once more. */
  #search(place: Place, fetch: Fetch, context: CallContext): Promise<Landing> {
    return this.#searchOn(this.#flights, place.key, fetch, context);
  }

  async #searchOn(flights: Flights<string, Begun>, key: string, fetch: Fetch, context: CallContext): Promise<Landing> {
    const { store, system } = this.#engine;
    const askedAt = store.fences.sequence;
    const oldestMs = this.#engine.isTrusted ? 0 : system.clock.coarseMs() - longestHeadStartMs;
    const begin = async (shared: CallContext): Promise<Begun> => ({ beganMs: system.clock.coarseMs(), landing: await fetch(shared) });
    for (;;) {
      const { landing, beganMs } = await flights.run(key, begin, context);
      if ((!landing.isOutdated || landing.since >= askedAt) && beganMs >= oldestMs) return landing;
    }
  }

  async #searchCounting(place: Place, fetch: Fetch, context: CallContext): Promise<Landing> {
    try {
      return await this.#search(place, fetch, context);
    } catch (error) {
      place.family.figures.misses++;
      throw error;
    }
  }

  #count({ family: { figures } }: Place, landing: Landing): CacheEntry<unknown> {
    if (landing.state === 'loaded') figures.misses++;
    else figures.hits++;
    if (landing.state === 'stale') figures.staleHits++;
    return entryOf(landing);
  }

  #missInMemory(): void {
    const { memoryFigures, window, system } = this.#engine;
    window.note(system.clock.coarseMs(), memoryFigures.hits, memoryFigures.misses);
    memoryFigures.misses++;
  }

  /** What memory has: a fresh entry, an older one, or nothing. */
  #held(place: Place): CacheEntry<unknown> | Held | undefined {
    const { store, system } = this.#engine;
    const nowMs = system.clock.coarseMs();
    const isTrusted = this.#engine.mayGive(place.family, nowMs);
    const slot = store.slotOf(place);
    if (slot === none) return undefined;
    const pastMs = nowMs - (store.freshUntil[slot] as number);
    const storedAtMs = store.storedAt[slot] as number;
    const value = store.values[slot];
    const ageMs = Math.max(0, nowMs - storedAtMs);
    if (pastMs < 0 && isTrusted) {
      store.queue.mark(slot);
      return { value, state: value === undefined ? 'absent' : 'hit', tier: 'memory', ageMs, confidence: store.extrasOf(slot)?.confidence };
    }
    if (!isTrusted && store.grace[slot] === 0) return undefined;
    const isStale = isTrusted && pastMs < (store.staleFor[slot] as number);
    if (!isStale && pastMs >= (store.grace[slot] as number)) {
      if (!this.#engine.isInDoubt(place)) store.expire(slot); // else its load waits for its turn, and it is there to say so
      return undefined;
    }
    store.queue.mark(slot);
    const { confidence, eager } = store.extrasOf(slot) ?? {};
    const isFresh = isStale && eager !== undefined && eager.fromMs === store.freshUntil[slot] && nowMs < eager.freshUntilMs;
    const entry: CacheEntry<unknown> = { value, state: isFresh ? 'hit' : 'stale', tier: 'memory', ageMs, confidence };
    return { slot, storedAtMs, entry, phase: isStale ? 'stale' : 'grace', isResting: nowMs < store.retryAt(slot) };
  }
}

const entryOf = ({ value, state, tier, ageMs, confidence }: Landing): CacheEntry<unknown> => ({
  ...{ value, state: value === undefined ? 'absent' : state, tier, ageMs, confidence },
});

function sureEnough(place: Place, entry: CacheEntry<unknown>, minConfidence: number): CacheEntry<unknown> {
  const { confidence = 1 } = entry;
  if (confidence >= minConfidence) return entry;
  throw new ConfidenceError(`The newest value of "${labelOf(place)}" has a confidence of ${confidence}, and ${minConfidence} was demanded`, confidence);
}
