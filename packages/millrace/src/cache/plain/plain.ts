import { type CallContext, type CallOptions, contextOf, none, runInContext, StoppedError } from '../../kernel/index.ts';
import { timeout } from '../../resilience/index.ts';
import type { Engine } from '../engine.ts';
import { checkedKey } from '../keys/index.ts';
import { Fill, type FillRequest, type Landing, loadOperation, Reader } from '../load/index.ts';
import type { Policy } from '../policy.ts';
import { dropEverywhere, keepEverywhere } from '../spread.ts';
import type { Place } from '../tiers/memory/index.ts';
import { type GetOrSetOptions, type PlainTtl, plainPolicy, plainTtlMs } from './options.ts';

type Load = (call: CallContext) => Promise<unknown>;

/** The calls by plain key. A key that begins with the name of an entity reaches that entity's entries. */
export class PlainCalls {
  /** Searches with a loader, and searches without one: who brings a loader must not get the nothing of who has none. */
  readonly loads: Reader;
  readonly lookups: Reader;
  readonly #engine: Engine;
  readonly #lookupPolicy: Policy;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.loads = new Reader(engine);
    this.lookups = new Reader(engine);
    this.#lookupPolicy = plainPolicy(undefined, engine.options.defaultTtlMs);
  }

  async get(key: string, call?: CallOptions | CallContext): Promise<unknown> {
    const place = this.#placeOf(key);
    const hit = this.lookups.hitOf(place, call);
    if (hit !== none) return this.#engine.store.values[hit];
    const context = contextOf(this.#engine.system, 'cache.plain.get', call);
    const policy = this.#lookupPolicy;
    return (await this.lookups.read(place, policy, (shared) => this.#find(place, policy, undefined, shared), context)).value;
  }

  async set(key: string, value: unknown, ttl: PlainTtl | undefined, call?: CallOptions | CallContext): Promise<boolean> {
    const place = this.#placeOf(key);
    const ttlMs = ttl === undefined ? this.#engine.options.defaultTtlMs : plainTtlMs(ttl);
    if (value === undefined) return false;
    this.loads.forget(key);
    const policy: Policy = { ...this.#lookupPolicy, jitter: 0, ttlMs: () => ttlMs };
    return keepEverywhere(this.#engine, place, policy, value, contextOf(this.#engine.system, 'cache.plain.set', call));
  }

  async getOrSet(key: string, load: Load, options: GetOrSetOptions<never> | PlainTtl | undefined, call?: CallOptions | CallContext): Promise<unknown> {
    const place = this.#placeOf(key);
    const hit = this.loads.hitOf(place, call);
    if (hit !== none) return this.#engine.store.values[hit];
    if (this.#engine.isStopped) throw new StoppedError('cache');
    const context = contextOf(this.#engine.system, 'cache.plain.getOrSet', call);
    const policy = plainPolicy(typeof options === 'object' ? options : { ttl: options }, this.#engine.options.defaultTtlMs);
    return (await this.loads.read(place, policy, (shared) => this.#find(place, policy, load, shared), context)).value;
  }

  async invalidate(pattern: string, call?: CallOptions | CallContext): Promise<number> {
    checkedKey(pattern);
    if (pattern.includes('*')) this.loads.forgetAll();
    else this.loads.forget(pattern);
    return dropEverywhere(this.#engine, { pattern }, contextOf(this.#engine.system, 'cache.plain.invalidate', call));
  }

  /** Looks below memory for one key, and loads it where there is a loader. */
  #find(place: Place, policy: Policy, load: Load | undefined, shared: CallContext): Promise<Landing> {
    return new Promise((resolve, reject) => {
      const wanted = [{ place, minConfidence: 0, freshForMs: 0, land: resolve, fail: reject }];
      const request: FillRequest = { policy, figures: place.family.figures, wanted, load: load && loadOne(load, policy.loadTimeoutMs) };
      this.#engine.track(new Fill(this.#engine, request, shared.with({ operation: loadOperation(place) })).run());
    });
  }

  #placeOf(key: string): Place {
    return this.#engine.store.placeOf(checkedKey(key));
  }
}

/** A loader of one value as a batch of one. */
function loadOne(load: Load, limitMs: number): NonNullable<FillRequest['load']> {
  const limited = timeout<undefined, unknown>(limitMs)(async (_nothing, context) => runInContext(context, () => load(context)));
  return async (_indexes, context) => [await limited(undefined, context)];
}
