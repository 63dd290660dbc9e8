import { type CallContext, everyMs, messageOf, sleep } from '../../kernel/index.ts';
import type { Engine } from '../engine.ts';
import { labelOf } from '../engine.ts';
import { SharedLoadError } from '../errors.ts';
import type { EntityFigures } from '../figures/index.ts';
import type { Policy } from '../policy.ts';
import { type Envelope, type Fence, keptHolder, type LeaseEnd, type LeaseState, leaseFailureMs, type TierLink, type TierWrite } from '../tiers/index.ts';
import type { Place } from '../tiers/memory/index.ts';
import { saysOf } from './failure.ts';

/** What came of looking for one key below memory. */
export interface Landing {
  /** Undefined: there is no such thing. */
  readonly value: unknown;
  readonly state: 'loaded' | 'hit' | 'stale';
  /** The name of the tier that had it, `loader`, or `none`. */
  readonly tier: string;
  readonly ageMs: number;
  /** How sure its source was, where it said so. */
  readonly confidence: number | undefined;
  /** The fence number at which the search began. */
  readonly since: number;
  /** Something that concerns it was invalidated meanwhile: an answer for those who asked before that, and for nobody else. */
  readonly isOutdated: boolean;
}

const nowhere = { value: undefined, state: 'loaded', tier: 'none', ageMs: 0, confidence: undefined, isOutdated: false } as const;

/** One key that is wanted, and where its landing, or its failure, is told. */
export interface Wanted {
  readonly place: Place;
  /** What is less sure than this is not what is wanted. */
  readonly minConfidence: number;
  /** What a tier has must be fresh for so long still, ms, or for three quarters of its life. */
  readonly freshForMs: number;
  land(landing: Landing): void;
  fail(error: unknown): void;
}

export interface FillRequest {
  readonly policy: Policy;
  readonly figures: EntityFigures;
  readonly wanted: readonly Wanted[];
  /**
   * Loads those of `wanted` whose indexes are given: one value each, in that order, undefined where there is none.
   * Without a loader what no tier has is absent, and that is not remembered.
   */
  readonly load: Load | undefined;
}

type Load = (indexes: readonly number[], context: CallContext) => Promise<readonly unknown[]>;

/** What came of a load: what may be kept, and when each tier has it. */
interface Loaded {
  readonly kept: ReadonlyMap<number, Envelope>;
  readonly error: unknown;
  readonly stored: ReadonlyMap<TierLink, Promise<unknown> | undefined>;
}

/** Two loads as one. */
function together(loads: readonly Loaded[]): Loaded {
  const links = [...new Set(loads.flatMap(({ stored }) => [...stored.keys()]))];
  return {
    kept: new Map(loads.flatMap(({ kept }) => [...kept])),
    error: loads.find(({ error }) => error !== undefined)?.error,
    stored: new Map(links.map((link) => [link, Promise.all(loads.map(({ stored }) => stored.get(link)))])),
  };
}

/** How long to go on waiting for somebody else's load. */
interface Patience {
  readonly pauseMs: number;
  readonly untilMs: number;
  /** The tier said that the value was kept a moment ago. */
  readonly hasLooked?: boolean | undefined;
}

/** A lease lasts so long after it was last renewed: a holder that died is noticed then. */
const leaseMs = 2000;
const renewEveryMs = 700;
const firstPauseMs = 2;
const longestPauseMs = 25;
/** Then a caller loads for himself, whoever holds the lease. */
const longestWaitMs = 10_000;

/**
 * Fills keys that memory does not have: asks the tiers below, one after the other, for what is still missing; what none has is loaded, in one call.
 * Whatever is found is kept in memory and in every tier above the one that had it, under the fence each tier handed out *before*, so that it loses
 * against whatever was invalidated meanwhile. Everybody is told before the tiers below are filled.
 */
export class Fill {
  readonly #engine: Engine;
  readonly #request: FillRequest;
  readonly #context: CallContext;
  readonly #since: number;
  readonly #limitMs: number;
  readonly #fences: Map<TierLink, Fence> = new Map();
  /** Past their TTL but within their grace: given when the load fails. */
  readonly #older: Map<number, { readonly envelope: Envelope; readonly tier: string }> = new Map();

  constructor(engine: Engine, request: FillRequest, context: CallContext) {
    this.#engine = engine;
    this.#request = request;
    this.#context = context;
    this.#since = engine.store.fences.sequence;
    this.#limitMs = engine.tierLimitMs;
  }

  /** Never rejects: failures are told to those who wanted. */
  async run(): Promise<void> {
    let missing: number[] = this.#request.wanted.map((_wanted, index) => index);
    for (const link of this.#engine.below) {
      if (missing.length === 0) return;
      if (!this.#engine.mayAsk(link)) continue;
      missing = await this.#ask(link, missing);
    }
    const { load } = this.#request;
    if (load && missing.length > 0) await this.#loadOnce(missing, load);
    else for (const index of missing) this.#wanted(index).land({ ...nowhere, since: this.#since });
  }

  async #ask(link: TierLink, missing: readonly number[]): Promise<number[]> {
    const answer = await link.get(
      missing.map((index) => this.#wanted(index).place.key),
      this.#context,
    );
    if (!answer) return [...missing];
    this.#fences.set(link, answer.fence);
    const found = new Map<number, Envelope>();
    for (const [at, index] of missing.entries()) this.#judge(link, index, answer.entries[at], found);
    this.#fillAbove(link, found);
    return missing.filter((index) => !found.has(index));
  }

  #judge(link: TierLink, index: number, envelope: Envelope | undefined, found: Map<number, Envelope>): void {
    const { policy } = this.#request;
    if (!envelope || envelope.version !== policy.version || this.#isOldBelow(link, index, envelope)) return;
    if ((envelope.confidence ?? 1) < this.#wanted(index).minConfidence) return;
    const pastMs = this.#engine.system.clock.wallMs() - this.#engine.freshUntilMs(this.#wanted(index).place, envelope, this.#limitMs);
    const leastLeftMs = Math.min(this.#wanted(index).freshForMs, (envelope.freshUntilMs - envelope.storedAtMs) * 0.75);
    if (pastMs + leastLeftMs >= 0) {
      if (pastMs < Math.max(envelope.graceMs, envelope.staleForMs)) this.#older.set(index, { envelope, tier: link.name });
      return;
    }
    const { place } = this.#wanted(index);
    found.set(index, envelope);
    this.#engine.keepEnvelope(place, policy, envelope, { since: this.#since, limitMs: this.#limitMs });
    this.#land(index, envelope, 'hit', link.name);
  }

  /** A tier below this one has not been told yet to drop it: others may have fetched the old value from there, and filled this one with it. */
  #isOldBelow(link: TierLink, index: number, { tags }: Envelope): boolean {
    const { below } = this.#engine;
    const { key } = this.#wanted(index).place;
    return below.slice(below.indexOf(link) + 1).some((lower) => lower.lacks(key, tags));
  }

  /** For all processes, where a tier that they share says whose turn it is; else for this one. */
  async #loadOnce(missing: readonly number[], load: Load): Promise<void> {
    const { policy } = this.#request;
    const link = policy.isLoadedOnce ? this.#engine.below.findLast((one) => one.grantsLeases && this.#fences.has(one)) : undefined;
    if (!link) {
      await this.#load(missing, load);
      return;
    }
    const { clock } = this.#engine.system;
    await this.#loadByLease(link, missing, load, { pauseMs: firstPauseMs, untilMs: clock.monotonicMs() + Math.min(longestWaitMs, policy.loadTimeoutMs) });
  }

  async #loadByLease(link: TierLink, missing: readonly number[], load: Load, patience: Patience): Promise<void> {
    const holder = this.#engine.system.ids.hex(8);
    const states = await link.lease(this.#keysOf(missing), holder, leaseMs, this.#context);
    const byState = (state: LeaseState['is']): number[] => missing.filter((_index, at) => (states?.[at]?.is ?? 'alone') === state);
    for (const [at, index] of missing.entries()) {
      const state = states?.[at];
      if (state?.is === 'failed') this.#failOne(index, new SharedLoadError(labelOf(this.#wanted(index).place), state.reason, leaseFailureMs));
    }
    const [granted, alone, held, kept] = [byState('granted'), byState('alone'), byState('held'), byState('kept')];
    await Promise.all([
      granted.length > 0 ? this.#loadHolding(link, granted, load, holder) : undefined,
      alone.length > 0 ? this.#load(alone, load) : undefined,
      held.length > 0 ? this.#follow(link, held, load, patience) : undefined,
      kept.length > 0 ? this.#lookAgain(link, kept, load, { ...patience, hasLooked: true }) : undefined,
    ]);
  }

  /** Loads what we hold, renewing the lease meanwhile, and gives it back when the tier has what was loaded, or has been told why it has not. */
  async #loadHolding(link: TierLink, indexes: readonly number[], load: Load, holder: string): Promise<void> {
    const keys = this.#keysOf(indexes);
    const behind = this.#engine.behind(this.#context);
    const stop = everyMs(this.#engine.system.clock, renewEveryMs, async () => void (await link.lease(keys, holder, leaseMs, behind)));
    const { kept, error, stored } = await this.#load(indexes, load);
    stop();
    const giveBack = async (): Promise<void> => {
      await stored.get(link);
      const [there, missing] = [indexes.filter((index) => kept.has(index)), indexes.filter((index) => !kept.has(index))];
      if (there.length > 0) await link.release(this.#keysOf(there), holder, { is: 'kept' }, behind);
      const says = saysOf(error);
      const end: LeaseEnd = says === 'source' ? { is: 'failed', reason: messageOf(error) } : { is: says === 'caller' ? 'free' : 'alone' };
      if (missing.length > 0) await link.release(this.#keysOf(missing), holder, end, behind);
    };
    this.#engine.track(giveBack());
  }

  /**
   * Somebody else loads these: looks again until they are there, with growing pauses. Whoever died or gave up leaves the lease to the next one. Each look is a search
   * of its own, with fences of its own: what it finds is newer than what we began with.
   */
  async #follow(link: TierLink, indexes: readonly number[], load: Load, patience: Patience): Promise<void> {
    try {
      await sleep(this.#engine.system.clock, patience.pauseMs, this.#context.signal);
    } catch (error) {
      for (const index of indexes) this.#wanted(index).fail(error);
      return;
    }
    await this.#lookAgain(link, indexes, load, { ...patience, pauseMs: Math.min(longestPauseMs, patience.pauseMs * 1.5) });
  }

  async #lookAgain(link: TierLink, indexes: readonly number[], load: Load, patience: Patience): Promise<void> {
    const { wanted } = this.#request;
    const loadSome: Load = (some, context) =>
      load(
        some.map((at) => indexes[at] as number),
        context,
      );
    const next = new Fill(this.#engine, { ...this.#request, wanted: indexes.map((index) => wanted[index] as Wanted), load: loadSome }, this.#context);
    const missing = await next.#ask(
      link,
      indexes.map((_index, at) => at),
    );
    if (missing.length === 0) return;
    const isLate = this.#engine.system.clock.monotonicMs() >= patience.untilMs;
    // It was kept, and is gone again: what was said of it stands in nobody's way.
    if (patience.hasLooked && !isLate) await link.release(next.#keysOf(missing), keptHolder, { is: 'free' }, this.#context);
    if (isLate || !next.#fences.has(link)) await next.#load(missing, loadSome);
    else await next.#loadByLease(link, missing, loadSome, { ...patience, hasLooked: false });
  }

  /** What is in doubt waits for its turn, and keeps nobody else waiting. */
  async #load(missing: readonly number[], load: Load): Promise<Loaded> {
    if (!this.#engine.cold.isCold) return this.#loadNow(missing, load, false);
    const [inDoubt, others]: [number[], number[]] = [[], []];
    for (const index of missing) (this.#engine.isInDoubt(this.#wanted(index).place) ? inDoubt : others).push(index);
    return together(
      await Promise.all([
        ...(others.length > 0 ? [this.#loadNow(others, load, false)] : []),
        ...(inDoubt.length > 0 ? [this.#loadNow(inDoubt, load, true)] : []),
      ]),
    );
  }

  async #loadNow(missing: readonly number[], load: Load, isInDoubt: boolean): Promise<Loaded> {
    const { figures } = this.#request;
    const { cold } = this.#engine;
    const { clock } = this.#engine.system;
    let startedMs = clock.monotonicMs();
    try {
      if (isInDoubt) await cold.admit(missing.length, this.#engine.untilStopped(this.#context));
      startedMs = clock.monotonicMs();
      figures.loads++;
      figures.loadedIds += missing.length;
      const values = await load(missing, this.#context);
      const tookMs = clock.monotonicMs() - startedMs;
      figures.loadTime.record(tookMs * 1000);
      return this.#keepAll(missing, values, tookMs);
    } catch (error) {
      figures.loadTime.record((clock.monotonicMs() - startedMs) * 1000);
      this.#failAll(missing, error);
      return { kept: new Map(), error, stored: new Map() };
    }
  }

  #keepAll(missing: readonly number[], values: readonly unknown[], tookMs: number): Loaded {
    const kept = new Map<number, Envelope>();
    for (const [at, index] of missing.entries()) {
      const wanted = this.#wanted(index);
      try {
        const { envelope, isOutdated } = this.#engine.keep(wanted.place, this.#request.policy, values[at], this.#since, tookMs);
        if (envelope) kept.set(index, envelope);
        const confidence = values[at] === undefined ? undefined : this.#request.policy.confidence?.(values[at]);
        wanted.land({ value: values[at], state: 'loaded', tier: 'loader', ageMs: 0, confidence, since: this.#since, isOutdated });
      } catch (error) {
        wanted.fail(error); // a function of the declaration (ttl, tags, size) threw for this row
      }
    }
    return { kept, error: undefined, stored: new Map(this.#engine.below.map((link) => [link, this.#fillTier(link, kept)])) };
  }

  #failAll(missing: readonly number[], error: unknown): void {
    const { figures } = this.#request;
    const { operation, correlationId } = this.#context;
    figures.loadErrors++;
    this.#engine.events.emit('cache.load.failed', () => ({ entity: operation, keys: missing.length, error, correlationId }));
    for (const index of missing) this.#failOne(index, error);
  }

  #failOne(index: number, error: unknown): void {
    const older = this.#older.get(index);
    if (older) this.#land(index, older.envelope, 'stale', older.tier);
    else this.#wanted(index).fail(error);
  }

  #fillAbove(found: TierLink, envelopes: ReadonlyMap<number, Envelope>): void {
    for (const link of this.#engine.below) {
      if (link === found) return;
      void this.#fillTier(link, envelopes);
    }
  }

  /** Behind: nobody waits for it. A tier that did not answer has given no fence and is not filled. */
  #fillTier(link: TierLink, envelopes: ReadonlyMap<number, Envelope>): Promise<unknown> | undefined {
    const fence = this.#fences.get(link);
    if (fence === undefined || envelopes.size === 0) return undefined;
    const writes: TierWrite[] = [...envelopes].map(([index, envelope]) => ({ key: this.#wanted(index).place.key, envelope, fence }));
    const stored = link.set(writes, this.#engine.behind(this.#context));
    this.#engine.track(stored);
    return stored;
  }

  #land(index: number, envelope: Envelope, state: 'hit' | 'stale', tier: string): void {
    const { place } = this.#wanted(index);
    const ageMs = Math.max(0, this.#engine.system.clock.wallMs() - envelope.storedAtMs);
    const isOutdated = this.#engine.store.fences.hasRisen(this.#since, place.key, envelope.tags);
    this.#wanted(index).land({ value: envelope.value, state, tier, ageMs, confidence: envelope.confidence, since: this.#since, isOutdated });
  }

  #keysOf(indexes: readonly number[]): string[] {
    return indexes.map((index) => this.#wanted(index).place.key);
  }

  #wanted(index: number): Wanted {
    return this.#request.wanted[index] as Wanted;
  }
}

/** What a loader's operation is called in errors, events and waterfalls. */
export const loadOperation = (place: Place): string => `cache.${labelOf(place)}.load`;
