import { CallContext, type CallOptions, contextOf, currentContext, none, StoppedError } from '../../kernel/index.ts';
import type { Engine } from '../engine.ts';
import { EntityFigures } from '../figures/index.ts';
import { type EntityId, indexOf } from '../keys/index.ts';
import {
  Batcher,
  type CacheEntry,
  type Demands,
  isWatched,
  keyFor,
  type Landing,
  type LoadRows,
  minConfidenceOf,
  Reader,
  type ReadOptions,
} from '../load/index.ts';
import { dropEverywhere, keepEverywhere } from '../spread.ts';
import { type EntityStats, statsOf } from '../stats.ts';
import type { Family, Place } from '../tiers/memory/index.ts';
import { Popular, type Warmable, type Warmed } from '../warm/index.ts';
import type { ResolvedEntity, RowMapping } from './options.ts';

/** Rows of one kind, known by their id. */
export interface Entity<Id extends EntityId, Row> {
  readonly name: string;
  /** The row, from wherever it is nearest; undefined where there is none. One load for all who ask at once. */
  get(id: Id, call?: ReadOptions | CallContext): Promise<Row | undefined>;
  /** The rows of these ids, in their order; what no tier has is loaded in one batch. Fails as a whole where one fails. */
  getMany(ids: readonly Id[], call?: ReadOptions | CallContext): Promise<(Row | undefined)[]>;
  /** The row, and where it came from. */
  getEntry(id: Id, call?: ReadOptions | CallContext): Promise<CacheEntry<Row>>;
  /** The row, where memory has one that may be given (fresh, or within `staleFor`); undefined otherwise. Nothing is loaded, and only a hit is counted. */
  peek(id: Id): Row | undefined;
  /** Stores a row that is known to be right now, in every tier. Says whether some tier took it. A load that is under way will not replace it. */
  set(id: Id, row: Row, call?: CallOptions | CallContext): Promise<boolean>;
  /** Drops an id and what lies below it (`user:123:…`), in every tier; a load that is under way will not bring it back. How many entries there were. */
  invalidate(id: Id, call?: CallOptions | CallContext): Promise<number>;
  /** Loads the ids that the declaration calls essential, those that are not fresh. How many of them are fresh now. */
  warmEssential(call?: CallOptions | CallContext): Promise<number>;
  /** Loads those that are not fresh, batch after batch; a batch that fails does not keep the next from being loaded. How many ids are fresh now. */
  warm(ids: readonly Id[], call?: CallOptions | CallContext): Promise<number>;
  stats(): EntityStats;
}

/** One hit in 64 is noted, for 64: what is asked for often comes up often enough, and a hit stays as cheap as it was. */
const sampleMask = 63;
/** Ids loaded at once by a round of warming. */
const mostWarmed = 100;

/** An entity of a cache: the front of the memory store for single ids, and of the reader for everything else. */
export class CachedEntity<Id extends EntityId, Row> implements Entity<Id, Row>, Warmable {
  readonly name: string;
  readonly figures: EntityFigures = new EntityFigures();
  readonly reader: Reader;
  readonly tables: Readonly<Record<string, RowMapping<EntityId>>>;
  readonly #engine: Engine;
  readonly family: Family;
  readonly #resolved: ResolvedEntity;
  readonly #batcher: Batcher<Id>;
  readonly #operation: string;
  /** Undefined where nothing is kept fresh. */
  readonly #popular: Popular<Id> | undefined;

  constructor(name: string, engine: Engine, load: LoadRows<Id, Row>, resolved: ResolvedEntity) {
    this.name = name;
    this.tables = resolved.tables;
    this.#engine = engine;
    this.#resolved = resolved;
    this.family = engine.store.declare(name, this.figures);
    this.reader = new Reader(engine);
    this.#batcher = new Batcher<Id>(engine, this.figures, load, { entity: name, ...resolved });
    this.#operation = `cache.${name}.get`;
    this.#popular = resolved.warmedKeys > 0 ? new Popular<Id>(resolved.warmedKeys) : undefined;
  }

  get(id: Id, call?: ReadOptions | CallContext): Promise<Row | undefined> {
    if (call !== undefined && 'minConfidence' in call) return this.#getSlowly(id, call);
    const slot = typeof id === 'object' ? none : this.#find(id);
    const { store, memoryFigures } = this.#engine;
    if (slot === none || this.#nowMs() >= (store.freshUntil[slot] as number)) return this.#getSlowly(id, call);
    if ((++this.figures.hits & sampleMask) === 0) this.#noteSample(id);
    memoryFigures.hits++;
    store.queue.mark(slot);
    if (isWatched(call)) this.#noteHit(call);
    return store.promiseOf(slot) as Promise<Row | undefined>;
  }

  async getMany(ids: readonly Id[], call?: ReadOptions | CallContext): Promise<(Row | undefined)[]> {
    const context = this.#context(call);
    const minConfidence = minConfidenceOf(call);
    const entries = await Promise.all(ids.map((id) => this.#read(id, context, minConfidence)));
    return entries.map(({ value }) => value as Row | undefined);
  }

  async getEntry(id: Id, call?: ReadOptions | CallContext): Promise<CacheEntry<Row>> {
    return (await this.#read(id, this.#context(call), minConfidenceOf(call))) as CacheEntry<Row>;
  }

  peek(id: Id): Row | undefined {
    const slot = this.#find(id);
    if (slot === none) return undefined;
    const { store, memoryFigures } = this.#engine;
    if (this.#nowMs() >= (store.usableUntil[slot] as number)) return undefined;
    if ((++this.figures.hits & sampleMask) === 0) this.#noteSample(id);
    memoryFigures.hits++;
    store.queue.mark(slot);
    return store.values[slot] as Row | undefined;
  }

  async set(id: Id, row: Row, call?: CallOptions | CallContext): Promise<boolean> {
    if (row === undefined) return false;
    const place = this.#placeOf(id);
    this.reader.forget(place.key);
    return keepEverywhere(this.#engine, place, this.#resolved.policy, row, this.#context(call));
  }

  async invalidate(id: Id, call?: CallOptions | CallContext): Promise<number> {
    const { key } = this.#placeOf(id);
    this.reader.forget(key);
    return dropEverywhere(this.#engine, { key }, this.#context(call));
  }

  async warm(ids: readonly Id[], call?: CallOptions | CallContext): Promise<number> {
    const context = this.#context(call);
    const { maxBatch } = this.#resolved;
    let fresh = 0;
    for (let from = 0; from < ids.length; from += maxBatch) {
      const outcomes = await Promise.allSettled(ids.slice(from, from + maxBatch).map((id) => this.#read(id, context)));
      fresh += outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value.state !== 'stale').length;
      if (context.isAborted) throw context.reason;
    }
    return fresh;
  }

  /** The same for nobody who waits: it tells its failures and goes on. */
  async warmBehind(context: CallContext): Promise<number> {
    return this.warm(await this.#essential(), context);
  }

  async warmEssential(call?: CallOptions | CallContext): Promise<number> {
    return this.warm((await this.#resolved.essential()) as readonly Id[], call);
  }

  async dueBatches(forMs: number): Promise<readonly (readonly Id[])[]> {
    const wanted = new Map([...(await this.#essential()), ...(this.#popular?.top() ?? [])].map((id) => [this.#placeOf(id).key, id]));
    this.#popular?.decay();
    const due = [...wanted.values()].filter((id) => this.#isDue(id, forMs));
    const size = Math.min(this.#resolved.maxBatch, mostWarmed);
    return Array.from({ length: Math.ceil(due.length / size) }, (_, at) => due.slice(at * size, (at + 1) * size));
  }

  async renew(batch: readonly Id[], forMs: number, context: CallContext): Promise<Warmed> {
    const renewed = await Promise.allSettled(
      batch.map((id) => {
        const place = this.#placeOf(id);
        return this.reader.renew(place, (shared) => this.#search(id, place, shared, { minConfidence: 0, freshForMs: forMs }), context);
      }),
    );
    const refreshed = renewed.filter((one) => one.status === 'fulfilled' && one.value.state !== 'stale').length;
    return { refreshed, failed: batch.length - refreshed };
  }

  /** Told where they cannot be found: whoever goes on without them has nobody who hears it. */
  async #essential(): Promise<readonly Id[]> {
    try {
      return (await this.#resolved.essential()) as readonly Id[];
    } catch (error) {
      this.#engine.events.emit('cache.warming.failed', () => ({ entity: this.name, error }));
      return [];
    }
  }

  #noteSample(id: Id): void {
    this.#popular?.note(this.#placeOf(id).key, id, sampleMask + 1);
  }

  /** Memory lacks it, or has it for a short time only. */
  #isDue(id: Id, forMs: number): boolean {
    const { store, system } = this.#engine;
    const slot = store.slotOf(this.#placeOf(id));
    if (slot === none) return true;
    const [freshUntilMs, storedAtMs] = [store.freshUntil[slot] as number, store.storedAt[slot] as number];
    return freshUntilMs - system.clock.monotonicMs() < Math.min(forMs, (freshUntilMs - storedAtMs) * 0.75);
  }

  stats(): EntityStats {
    return statsOf(this.name, this.figures, this.reader.inFlight);
  }

  /** The id that a changed row of a table makes outdated; undefined where it is none of ours. */
  idFor(table: string, row: unknown): EntityId | undefined {
    return Object.hasOwn(this.tables, table) ? this.tables[table]?.(row) : undefined;
  }

  async #getSlowly(id: Id, call: ReadOptions | CallContext | undefined): Promise<Row | undefined> {
    return (await this.#read(id, this.#context(call), minConfidenceOf(call))).value as Row | undefined;
  }

  async #read(id: Id, context: CallContext, minConfidence = 0): Promise<CacheEntry<unknown>> {
    const place = this.#placeOf(id);
    this.#popular?.note(place.key, id, 1);
    const search = (shared: CallContext): Promise<Landing> => this.#search(id, place, shared, { minConfidence, freshForMs: 0 });
    if (minConfidence > 0) return this.reader.readSure(place, search, minConfidence, context);
    return this.reader.read(place, this.#resolved.policy, search, context);
  }

  #search(id: Id, place: Place, shared: CallContext, demands: Demands): Promise<Landing> {
    return this.#engine.isStopped ? Promise.reject(new StoppedError('cache')) : this.#batcher.find(id, place, shared, demands);
  }

  /** The slot of an id without making its key: whole numbers and texts stand in the index as they are. */
  #find(id: Id): number {
    const direct = this.family.singles.get(id as string | number);
    if (direct !== undefined) return direct;
    if (typeof id === 'object') return this.#engine.store.slotOf(this.#placeOf(id));
    return typeof id === 'number' && !Number.isFinite(id) ? none : (this.family.singles.get(indexOf(id)) ?? none);
  }

  #placeOf(id: Id): Place {
    const key = keyFor(this.name, id);
    return { family: this.family, id: typeof id === 'object' ? undefined : indexOf(id), key };
  }

  #context(call: CallOptions | CallContext | undefined): CallContext {
    return contextOf(this.#engine.system, this.#operation, call);
  }

  #noteHit(call: CallOptions | CallContext | undefined): void {
    const context = call instanceof CallContext ? call : currentContext(); // not derived: a hit needs no context of its own
    const step = context?.recorder?.begin('cache', this.name, context.step) ?? none;
    context?.recorder?.end(step, 'hit', 'memory');
  }

  #nowMs(): number {
    return this.#engine.readingMs(this.family);
  }
}
