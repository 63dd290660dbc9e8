import type { CallContext } from '../../kernel/index.ts';
import type { Engine } from '../engine.ts';
import { labelOf } from '../engine.ts';
import type { EntityFigures } from '../figures/index.ts';
import type { Policy } from '../policy.ts';
import type { Envelope, Fence, TierLink, TierWrite } from '../tiers/index.ts';
import type { Place } from '../tiers/memory/index.ts';

/** What came of looking for one key below memory. */
export interface Landing {
  /** Undefined: there is no such thing. */
  readonly value: unknown;
  readonly state: 'loaded' | 'hit' | 'stale';
  /** The name of the tier that had it, `loader`, or `none`. */
  readonly tier: string;
  readonly ageMs: number;
  /** The fence number at which the search began. */
  readonly since: number;
  /** Something that concerns it was invalidated meanwhile: an answer for those who asked before that, and for nobody else. */
  readonly isOutdated: boolean;
}

const nowhere = { value: undefined, state: 'loaded', tier: 'none', ageMs: 0, isOutdated: false } as const;

/** One key that is wanted, and where its landing, or its failure, is told. */
export interface Wanted {
  readonly place: Place;
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
  readonly load: ((indexes: readonly number[], context: CallContext) => Promise<readonly unknown[]>) | undefined;
}

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
    if (load && missing.length > 0) await this.#loadAll(missing, load);
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
    const pastMs = this.#engine.system.clock.wallMs() - this.#engine.freshUntilMs(this.#wanted(index).place, envelope, this.#limitMs);
    if (pastMs >= 0) {
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

  /** What is in doubt waits for its turn, and keeps nobody else waiting. */
  async #loadAll(missing: readonly number[], load: NonNullable<FillRequest['load']>): Promise<void> {
    if (!this.#engine.cold.isCold) return this.#load(missing, load, false);
    const [inDoubt, others]: [number[], number[]] = [[], []];
    for (const index of missing) (this.#engine.isInDoubt(this.#wanted(index).place) ? inDoubt : others).push(index);
    await Promise.all([...(others.length > 0 ? [this.#load(others, load, false)] : []), ...(inDoubt.length > 0 ? [this.#load(inDoubt, load, true)] : [])]);
  }

  async #load(missing: readonly number[], load: NonNullable<FillRequest['load']>, isInDoubt: boolean): Promise<void> {
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
      this.#keepAll(missing, values, tookMs);
    } catch (error) {
      figures.loadTime.record((clock.monotonicMs() - startedMs) * 1000);
      this.#failAll(missing, error);
    }
  }

  #keepAll(missing: readonly number[], values: readonly unknown[], tookMs: number): void {
    const kept = new Map<number, Envelope>();
    for (const [at, index] of missing.entries()) {
      const wanted = this.#wanted(index);
      try {
        const { envelope, isOutdated } = this.#engine.keep(wanted.place, this.#request.policy, values[at], this.#since, tookMs);
        if (envelope) kept.set(index, envelope);
        wanted.land({ value: values[at], state: 'loaded', tier: 'loader', ageMs: 0, since: this.#since, isOutdated });
      } catch (error) {
        wanted.fail(error); // a function of the declaration (ttl, tags, size) threw for this row
      }
    }
    for (const link of this.#engine.below) this.#fillTier(link, kept);
  }

  #failAll(missing: readonly number[], error: unknown): void {
    const { figures } = this.#request;
    const { operation, correlationId } = this.#context;
    figures.loadErrors++;
    this.#engine.events.emit('cache.load.failed', () => ({ entity: operation, keys: missing.length, error, correlationId }));
    for (const index of missing) {
      const older = this.#older.get(index);
      if (older) this.#land(index, older.envelope, 'stale', older.tier);
      else this.#wanted(index).fail(error);
    }
  }

  #fillAbove(found: TierLink, envelopes: ReadonlyMap<number, Envelope>): void {
    for (const link of this.#engine.below) {
      if (link === found) return;
      this.#fillTier(link, envelopes);
    }
  }

  /** Behind: nobody waits for it. A tier that did not answer has given no fence and is not filled. */
  #fillTier(link: TierLink, envelopes: ReadonlyMap<number, Envelope>): void {
    const fence = this.#fences.get(link);
    if (fence === undefined || envelopes.size === 0) return;
    const writes: TierWrite[] = [...envelopes].map(([index, envelope]) => ({ key: this.#wanted(index).place.key, envelope, fence }));
    this.#engine.track(link.set(writes, this.#engine.behind(this.#context)));
  }

  #land(index: number, envelope: Envelope, state: 'hit' | 'stale', tier: string): void {
    const { place } = this.#wanted(index);
    const ageMs = Math.max(0, this.#engine.system.clock.wallMs() - envelope.storedAtMs);
    const isOutdated = this.#engine.store.fences.hasRisen(this.#since, place.key, envelope.tags);
    this.#wanted(index).land({ value: envelope.value, state, tier, ageMs, since: this.#since, isOutdated });
  }

  #wanted(index: number): Wanted {
    return this.#request.wanted[index] as Wanted;
  }
}

/** What a loader's operation is called in errors, events and waterfalls. */
export const loadOperation = (place: Place): string => `cache.${labelOf(place)}.load`;
