import { type Call, type CallContext, type EventSink, rootContext, type System, silent } from '../../kernel/index.ts';
import { CircuitBreaker, timeout } from '../../resilience/index.ts';
import type { CacheEvents } from '../events.ts';
import { TierFigures } from '../figures/index.ts';
import { isAtOrBelow, matcherOf } from '../keys/index.ts';
import type { LeaseEnd, LeaseState, Target, Tier, TierAnswer, TierWrite } from './tier.ts';

export interface LinkPorts {
  readonly system: System;
  readonly events?: EventSink<CacheEvents> | undefined;
  /** Told each invalidation that the tier missed and now has: meanwhile other processes may have fetched the old value from it. */
  readonly onReplayed?: ((target: Target) => void) | undefined;
}

/** Out of reach for so long, a tier that others write to may lack what they could not tell it either: it begins anew. Below the five seconds that memory is trusted. */
const longOutageMs = 4000;
/** While a tier lacks invalidations it is tried again this often, whether or not anybody asks for anything. */
const retryMs = 250;
/** Invalidations kept for a tier that could not be told. Past it, the tier is emptied instead. */
const mostMissed = 1000;

/**
 * What stands between the cache and a tier below memory, so that a tier may fail and no request does. Every call has the tier's budget of time, taken out
 * of the caller's deadline; after a few failures the tier is left alone for a second. An invalidation that did not reach the tier is kept, and until the
 * tier has been told all it missed nothing is read from it and nothing is stored in it: it is slow for a while, never wrong.
 */
export class TierLink {
  readonly name: string;
  readonly tier: Tier;
  readonly figures: TierFigures = new TierFigures();
  readonly #system: System;
  readonly #breaker: CircuitBreaker;
  readonly #events: EventSink<CacheEvents>;
  readonly #onReplayed: (target: Target) => void;
  readonly #guarded: <Out>(work: (context: CallContext) => Promise<Out>) => Call<undefined, Out>;
  #missed: Target[] = [];
  #replaying: Promise<boolean> | undefined = undefined;
  /** Invalidations of others that are on their way to the tier. */
  #telling = 0;
  #isFailing = false;
  #failingSinceMs = 0;
  #mustForget = false;
  #cancelRetry: (() => void) | undefined = undefined;

  constructor(tier: Tier, budgetMs: number, { system, events = silent, onReplayed = () => {} }: LinkPorts) {
    this.name = tier.name;
    this.tier = tier;
    this.#system = system;
    this.#onReplayed = onReplayed;
    this.#events = events;
    this.#breaker = new CircuitBreaker(`cache.${tier.name}`, { failures: 3, reset: '1s' }, { clock: system.clock });
    const limit = timeout<undefined, unknown>(budgetMs);
    this.#guarded = <Out>(work: (context: CallContext) => Promise<Out>) => limit((_nothing, context) => work(context)) as Call<undefined, Out>;
  }

  /** Only processes of this host write to the tier: what the others invalidate it hears from us or not at all. */
  get isLocal(): boolean {
    return this.tier.forget === undefined && this.tier.isShared !== true;
  }

  /** True while the tier lacks invalidations it must be told before it is trusted. */
  get isDistrusted(): boolean {
    return this.#missed.length > 0 || this.#mustForget;
  }

  /** Does the tier still have to be told to drop this? Then what lies above may have been filled with it by somebody who does not know. */
  lacks(key: string, tags: readonly string[]): boolean {
    return this.#missed.some((target) => concerns(target, key, tags));
  }

  /** Others could not reach the tier for so long: what they had to tell it may be missing. */
  wasOutOfReach(ms: number): void {
    if (ms < longOutageMs || !this.tier.forget) return;
    this.#mustForget = true;
    this.#retryLater();
  }

  /** Ends the trying again. */
  stop(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  /** Undefined: ask the next one. */
  async get(keys: readonly string[], context: CallContext): Promise<TierAnswer | undefined> {
    if (this.#telling > 0) return this.#skip();
    const answer = await this.#call('get', (inner) => this.tier.get(keys, inner), context);
    if (!answer) return undefined;
    const found = answer.entries.filter((entry) => entry !== undefined).length;
    this.figures.hits += found;
    this.figures.misses += keys.length - found;
    return answer;
  }

  /** Whether each was stored. A write without a fence whose outcome is unknown may not stay: its key is dropped before the tier is used again. */
  async set(writes: readonly TierWrite[], context: CallContext): Promise<readonly boolean[]> {
    const stored = await this.#call('set', (inner) => this.tier.set(writes, inner), context);
    this.figures.stores += stored?.filter(Boolean).length ?? 0;
    if (!stored) for (const { key, fence } of writes) if (fence === undefined) this.#miss({ key });
    return stored ?? writes.map(() => false);
  }

  /** Does it say who loads a key for everybody? */
  get grantsLeases(): boolean {
    return this.tier.lease !== undefined && this.tier.release !== undefined;
  }

  /** Undefined: nobody can be asked, load alone. */
  lease(keys: readonly string[], holder: string, ms: number, context: CallContext): Promise<readonly LeaseState[] | undefined> {
    return this.#call('lease', (inner) => this.tier.lease?.(keys, holder, ms, inner) ?? Promise.resolve(undefined), context);
  }

  /** A lease that cannot be given back ends by itself. */
  async release(keys: readonly string[], holder: string, end: LeaseEnd, context: CallContext): Promise<void> {
    await this.#call('release', (inner) => this.tier.release?.(keys, holder, end, inner) ?? Promise.resolve(), context);
  }

  /** Never fails: what cannot be told now is told before the tier is used again. */
  async invalidate(target: Target, context: CallContext): Promise<number> {
    const dropped = await this.#call('invalidate', (inner) => this.tier.invalidate(target, inner), context);
    if (dropped === undefined) this.#miss(target);
    return dropped ?? 0;
  }

  /** Something may have been missed that the tier had to be told. One that others tell as well is none of ours. */
  doubt(): void {
    if (this.isLocal) this.#miss(undefined);
  }

  /** What another process has invalidated: a tier that it could not tell is told now, and not asked before it has been. */
  async pass(target: Target, context: CallContext): Promise<void> {
    if (!this.isLocal) return;
    this.#telling++;
    await this.invalidate(target, context);
    this.#telling--;
  }

  #miss(target: Target | undefined): void {
    // A new object each time: one that is being told does not stand for one that came while it was.
    if (target === undefined || this.#missed.length >= mostMissed) this.#missed = [{ pattern: '*' }];
    else this.#missed.push(target);
    this.#retryLater();
  }

  /** The others read this tier too: what it missed must not wait until somebody here happens to ask it. */
  #retryLater(): void {
    if (this.#cancelRetry) return;
    this.#cancelRetry = this.#system.clock.background(retryMs, () => {
      this.#cancelRetry = undefined;
      void this.#replay(rootContext(this.#system, `cache.${this.name}.replay`)).then((isDone) => isDone || this.#retryLater());
    });
  }

  async #call<Out>(operation: string, work: (context: CallContext) => Promise<Out>, context: CallContext): Promise<Out | undefined> {
    this.wasOutOfReach(this.#isFailing ? this.#system.clock.monotonicMs() - this.#failingSinceMs : 0);
    if (this.isDistrusted && !(await this.#replay(context))) return this.#skip();
    if (!this.#breaker.isLettingThrough) return this.#skip();
    try {
      const answer = await this.#breaker.run(() => this.#guarded(work)(undefined, context));
      this.#isFailing = false;
      return answer;
    } catch (error) {
      this.#fail(operation, error);
      return undefined;
    }
  }

  /** Tells the tier, in order, what it missed; callers meanwhile wait for the same attempt. */
  #replay(context: CallContext): Promise<boolean> {
    if (!this.#breaker.isLettingThrough) return Promise.resolve(false);
    this.#replaying ??= this.#tellMissed(context.detached()).finally(() => {
      this.#replaying = undefined;
    });
    return this.#replaying;
  }

  async #tellMissed(context: CallContext): Promise<boolean> {
    let replayed = 0;
    try {
      if (this.#mustForget) await this.#breaker.run(() => this.#guarded((inner) => this.tier.forget?.(inner) ?? Promise.resolve())(undefined, context));
      this.#mustForget = false;
      for (let next = this.#missed[0]; next; next = this.#missed[0]) {
        const target = next;
        await this.#breaker.run(() => this.#guarded((inner) => this.tier.invalidate(target, inner))(undefined, context));
        if (this.#missed[0] === target) this.#missed.shift();
        this.#onReplayed(target);
        replayed++;
      }
    } catch (error) {
      this.#fail('replay', error);
      return false;
    }
    this.#isFailing = false;
    this.#events.emit('cache.tier.recovered', () => ({ tier: this.name, replayed }));
    return true;
  }

  #skip(): undefined {
    this.figures.skipped++;
    return undefined;
  }

  #fail(operation: string, error: unknown): void {
    this.figures.errors++;
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#failingSinceMs = this.#system.clock.monotonicMs();
    this.#events.emit('cache.tier.failed', () => ({ tier: this.name, operation, error }));
  }
}

function concerns(target: Target, key: string, tags: readonly string[]): boolean {
  if ('tag' in target) return tags.includes(target.tag);
  if ('pattern' in target) return matcherOf(target.pattern).matches(key);
  return isAtOrBelow(key, 'key' in target ? target.key : target.entity);
}
