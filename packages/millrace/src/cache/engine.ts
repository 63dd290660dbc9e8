import { AbortedError, CallContext, type EventSink, none, rootContext, type System } from '../kernel/index.ts';
import { CacheKeyError } from './errors.ts';
import type { CacheEvents } from './events.ts';
import { EntityFigures, RateWindow, TierFigures } from './figures/index.ts';
import { ColdAdmission } from './load/cold.ts';
import type { ResolvedCacheOptions } from './options.ts';
import type { Policy } from './policy.ts';
import { type Envelope, type Target, type Tier, TierLink } from './tiers/index.ts';
import { type Family, invalidateIn, type MemoryEntry, MemoryStore, type Place } from './tiers/memory/index.ts';
import { freezeDeep, sizeOf } from './values/index.ts';

const mostTags = 64;
/** What is loaded while nobody follows the tables lives for so long: with the time a load takes it stays within the five seconds. */
export const unfollowedMs = 4000;
const untagged: readonly string[] = [];
/** What is known to be absent is never given past its time. */
const absent = { staleForMs: 0, graceMs: 0 };

/** What became of a value. */
export interface Kept {
  /** For the tiers below; undefined where the value must not be kept. */
  readonly envelope: Envelope | undefined;
  readonly inMemory: boolean;
  /** Something that concerns it was invalidated since its load began. */
  readonly isOutdated: boolean;
}

/** What all entities and calls of one cache share: the memory store, the tiers below it, and the work that goes on behind. */
export class Engine {
  readonly system: System;
  readonly events: EventSink<CacheEvents>;
  readonly options: ResolvedCacheOptions;
  readonly store: MemoryStore;
  readonly below: readonly TierLink[];
  readonly memoryFigures: TierFigures = new TierFigures();
  readonly plainFigures: EntityFigures = new EntityFigures();
  readonly window: RateWindow = new RateWindow();
  readonly cold: ColdAdmission;
  /** What depends on tables lives for so long at most: less than for ever while nobody follows the tables. */
  tablesLimitMs: number = Number.POSITIVE_INFINITY;
  /** Called when nothing was heard of the tables for too long. */
  onLapsed: () => void = () => {};
  readonly #background: Set<Promise<void>> = new Set();
  readonly #stopping: AbortController = new AbortController();

  constructor(options: ResolvedCacheOptions, system: System, events: EventSink<CacheEvents>, tiers: readonly Tier[]) {
    this.options = options;
    this.system = system;
    this.events = events;
    this.cold = new ColdAdmission(system.clock);
    this.store = new MemoryStore(options.memory, this.plainFigures);
    this.below = tiers.map((tier, at) => new TierLink(tier, options.tierBudgetMs, { system, events, onReplayed: (target) => this.#replayed(at, target) }));
  }

  /** Has every tier that others use too been told all that was dropped here? */
  get isTold(): boolean {
    return this.below.every((link) => link.isLocal || !link.isDistrusted);
  }

  /** May a tier be believed now? One that only this host writes to hears of nothing that memory does not hear of. */
  mayAsk(link: TierLink): boolean {
    return !link.isLocal || this.system.clock.coarseMs() < this.store.trustedUntilMs;
  }

  /** Tells the other processes, where there are any. Set by the bus. */
  announce: ((target: Target) => Promise<void>) | undefined = undefined;

  /** The time for reads that only compare. Infinity while memory may have missed something: then nothing in it is fresh. */
  readingMs(family: Family): number {
    const nowMs = this.system.clock.coarseMs();
    return nowMs < family.trustedUntilMs ? nowMs : Number.POSITIVE_INFINITY;
  }

  /** May what memory holds of this family be given now? Where only the tables are silent, all that depends on them is put in doubt by this question. */
  mayGive(family: Family, nowMs: number): boolean {
    if (nowMs < family.trustedUntilMs) return true;
    if (!family.hasTables || nowMs >= this.store.trustedUntilMs) return false;
    this.onLapsed();
    return true;
  }

  /** Memory still has what was put in doubt a while ago. */
  isInDoubt(place: Place): boolean {
    if (!place.family.hasTables) return false;
    const slot = this.store.slotOf(place);
    return slot !== none && this.cold.concerns(this.store.storedAt[slot] as number);
  }

  /** How old what depends on tables may be when it comes out of a tier: not for ever while nobody follows them, asked here and not only where memory has something. */
  get tierLimitMs(): number {
    return this.system.clock.coarseMs() < this.store.tablesTrustedUntilMs ? this.tablesLimitMs : unfollowedMs;
  }

  /** Until when a value of a tier is fresh, with the limit as it was when it was asked for. What was stored later than now, by somebody's clock, has no age. Wall time. */
  freshUntilMs({ family }: Place, { freshUntilMs, storedAtMs }: Envelope, limitMs: number): number {
    if (!family.hasTables || limitMs === Number.POSITIVE_INFINITY) return freshUntilMs;
    const nowMs = this.system.clock.wallMs();
    return storedAtMs > nowMs ? nowMs : Math.min(freshUntilMs, storedAtMs + limitMs);
  }

  /** Has everything that keeps memory right vouched for this moment? */
  get isTrusted(): boolean {
    return this.system.clock.coarseMs() < this.store.trustedUntilMs;
  }

  get isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Work that goes on behind, for tests and for the stop. */
  get inBackground(): number {
    return this.#background.size;
  }

  /** A context for work that goes on when its caller has its answer: nobody's limits, nobody's waterfall; aborted by `stop`. */
  behind(context: CallContext): CallContext {
    const identity = { ...context.identity, recorder: undefined };
    return new CallContext(identity, context.operation, Number.POSITIVE_INFINITY, context.priority, -1, undefined, this.#stopping.signal);
  }

  /** Aborted when nobody waits for the work any more, and by `stop`. */
  untilStopped({ signal }: CallContext): AbortSignal {
    return AbortSignal.any([signal, this.#stopping.signal]);
  }

  /** Keeps hold of work nobody waits for. It tells its own failures. */
  track(work: Promise<unknown>): void {
    const kept: Promise<void> = work.then(nothing, nothing).finally(() => this.#background.delete(kept));
    this.#background.add(kept);
  }

  /** Tells everything behind to stop, and waits until it has. */
  async stop(): Promise<void> {
    for (const link of this.below) link.stop();
    this.#stopping.abort(new AbortedError('cache', { cause: 'the cache is being stopped' }));
    await Promise.all(this.#background);
  }

  /** Keeps a value: in memory at once, where nothing newer forbids it. It is as old as the load, which took so long, since nobody knows when in it the source was read. */
  keep(place: Place, policy: Policy, value: unknown, since: number | undefined, tookMs = 0): Kept {
    const tags = value === undefined ? untagged : checkedTags(policy.tags(value));
    const ttlMs = Math.min(this.#ttlMs(policy, value), place.family.hasTables ? this.tablesLimitMs - tookMs : Number.POSITIVE_INFINITY);
    if (since !== undefined && this.store.fences.hasRisen(since, place.key, tags)) return this.#refuse(place, 'outdated', 0);
    if (!(ttlMs > 0)) return this.#keepNothing(place, since);
    const kept = this.options.freeze ? freezeDeep(value) : value;
    const [nowMs, wallMs] = [this.system.clock.monotonicMs(), this.system.clock.wallMs()];
    const { staleForMs, graceMs } = kept === undefined ? absent : policy;
    const confidence = kept === undefined ? undefined : policy.confidence?.(kept);
    const entry = {
      value: kept,
      sizeBytes: bytesOf(policy, kept),
      storedAtMs: nowMs - tookMs,
      ...timesOf(policy, { fromMs: nowMs, freshUntilMs: nowMs + ttlMs, staleForMs, graceMs }, confidence),
      tags,
    };
    const stored = this.store.write(place, entry, since);
    if (stored === 'stored') this.memoryFigures.stores++;
    else this.#refuse(place, stored, entry.sizeBytes);
    const { version } = policy;
    const envelope = { value: kept, storedAtMs: wallMs - tookMs, freshUntilMs: wallMs + ttlMs, staleForMs, graceMs, tags, version, confidence };
    return { envelope, inMemory: stored === 'stored', isOutdated: false };
  }

  /** Keeps in memory what a tier below had. */
  keepEnvelope(place: Place, policy: Policy, envelope: Envelope, { since, limitMs }: { readonly since: number; readonly limitMs: number }): void {
    const { value, tags, staleForMs, graceMs, confidence } = envelope;
    const kept = this.options.freeze ? freezeDeep(value) : value;
    const aheadMs = this.system.clock.wallMs() - this.system.clock.monotonicMs();
    const storedAtMs = envelope.storedAtMs - aheadMs;
    const freshUntilMs = this.freshUntilMs(place, envelope, limitMs) - aheadMs;
    const times = timesOf(policy, { fromMs: storedAtMs, freshUntilMs, staleForMs, graceMs }, confidence);
    if (this.store.write(place, { value: kept, sizeBytes: bytesOf(policy, kept), storedAtMs, ...times, tags }, since) === 'stored') this.memoryFigures.stores++;
  }

  /** What stood there before is older than what was not kept. */
  #keepNothing(place: Place, since: number | undefined): Kept {
    const slot = this.store.slotOf(place);
    if (since === undefined) this.store.deleteKey(place);
    else if (slot !== none) this.store.drop(slot);
    return { envelope: undefined, inMemory: false, isOutdated: false };
  }

  /** A tier was told late. Meanwhile others may have filled what lies above it with what it still had: the tiers of this host, and memory everywhere. */
  #replayed(at: number, target: Target): void {
    const above = this.below.slice(0, at).map((link) => link.invalidate(target, rootContext(this.system, 'cache.replay')));
    if (above.length > 0) this.track(Promise.all(above).then(() => invalidateIn(this.store, target)));
    void this.announce?.(target);
  }

  #refuse(place: Place, because: 'size' | 'outdated', sizeBytes: number): Kept {
    if (because === 'outdated') place.family.figures.refusedOutdated++;
    this.events.emit('cache.entry.refused', () => ({ entity: labelOf(place), because, sizeBytes }));
    return { envelope: undefined, inMemory: false, isOutdated: because === 'outdated' };
  }

  #ttlMs(policy: Policy, value: unknown): number {
    const ttlMs = value === undefined ? policy.negativeTtlMs : policy.ttlMs(value);
    return ttlMs * (1 - policy.jitter * this.system.random.next());
  }
}

/** What figures and events call the owner of a place. */
export const labelOf = ({ family }: Place): string => (family.name === '' ? 'plain' : family.name);

interface Times {
  readonly fromMs: number;
  readonly freshUntilMs: number;
  readonly staleForMs: number;
  readonly graceMs: number;
}

/**
 * The times of an entry in memory. With `refreshAfter` it counts as past its time earlier than it is, so that whoever asks has it refreshed behind; its extras
 * say until when it is fresh all the same.
 */
function timesOf(
  { refreshAfter }: Policy,
  { fromMs, freshUntilMs, staleForMs, graceMs }: Times,
  confidence: number | undefined,
): Omit<MemoryEntry, 'value' | 'sizeBytes' | 'storedAtMs' | 'tags'> {
  const isEager = refreshAfter < 1 && freshUntilMs > fromMs;
  const aheadMs = isEager ? Math.round((freshUntilMs - fromMs) * (1 - refreshAfter)) : 0;
  const eager = isEager ? { fromMs: freshUntilMs - aheadMs, freshUntilMs } : undefined;
  const extras = eager || confidence !== undefined ? { version: '', confidence, eager } : undefined;
  return { freshUntilMs: freshUntilMs - aheadMs, staleForMs: staleForMs + aheadMs, graceMs: graceMs + aheadMs, extras };
}

function checkedTags(tags: readonly string[]): readonly string[] {
  if (tags.length <= mostTags) return tags;
  throw new CacheKeyError(`A value carries ${tags.length} tags: at most ${mostTags} are kept`, 0);
}

const bytesOf = (policy: Policy, value: unknown): number => (value === undefined ? 0 : (policy.size?.(value) ?? sizeOf(value)));

const nothing = (): void => {};
