import { type AbortLink, type Call, CallContext, runInContext } from '../../kernel/index.ts';
import { timeout } from '../../resilience/index.ts';
import type { Engine } from '../engine.ts';
import { LoaderKeysError } from '../errors.ts';
import type { EntityFigures } from '../figures/index.ts';
import { type EntityId, joinKey } from '../keys/index.ts';
import type { Policy } from '../policy.ts';
import type { Place } from '../tiers/memory/index.ts';
import { Fill, type Landing, loadOperation, type Wanted } from './fill.ts';

/** Loads rows by their ids; ids that do not exist are left out. Its context is a valid set of call options, `signal` included. */
export type LoadRows<Id, Row> = (ids: readonly Id[], call: CallContext) => Promise<readonly Row[]>;

/** What a search takes of a tier, beside that it is fresh. */
export type Demands = Pick<Wanted, 'minConfidence' | 'freshForMs'>;

export interface BatchOptions {
  readonly entity: string;
  readonly policy: Policy;
  readonly keyOf: (row: unknown) => EntityId;
  readonly maxBatch: number;
}

/**
 * Gathers what is asked for within one turn of the event loop into one call of the loader (at most `maxBatch` ids; then the next call begins). The call
 * is aborted when nobody waits for any of its ids any more.
 */
export class Batcher<Id extends EntityId> {
  readonly #engine: Engine;
  readonly #options: BatchOptions;
  readonly #figures: EntityFigures;
  readonly #load: Call<readonly Id[], readonly unknown[]>;
  #open: Batch<Id> | undefined = undefined;

  constructor(engine: Engine, figures: EntityFigures, load: LoadRows<Id, unknown>, options: BatchOptions) {
    this.#engine = engine;
    this.#figures = figures;
    this.#options = options;
    this.#load = timeout<readonly Id[], readonly unknown[]>(options.policy.loadTimeoutMs)(async (ids, context) =>
      runInContext(context, () => load(ids, context)),
    );
  }

  /** Adds one id to the batch of this turn. */
  find(id: Id, place: Place, shared: CallContext, demands: Demands): Promise<Landing> {
    const batch = this.#open ?? this.#begin(shared, place);
    const landing = batch.add(id, place, shared, demands);
    if (batch.size >= this.#options.maxBatch) this.#close(batch);
    return landing;
  }

  #begin(shared: CallContext, place: Place): Batch<Id> {
    const batch = new Batch<Id>(shared, loadOperation(place));
    this.#open = batch;
    // After the promise jobs of this turn, so that whoever is resumed by one of them still gets in.
    void Promise.resolve().then(() => process.nextTick(() => this.#close(batch)));
    return batch;
  }

  #close(batch: Batch<Id>): void {
    if (batch.isClosed) return;
    if (this.#open === batch) this.#open = undefined;
    const { policy } = this.#options;
    const wanted = batch.close();
    if (wanted.length === 0) return;
    const load = (indexes: readonly number[], context: CallContext): Promise<readonly unknown[]> => this.#loadRows(wanted, indexes, context);
    this.#engine.track(new Fill(this.#engine, { policy, figures: this.#figures, wanted, load }, batch.context).run().finally(() => batch.release()));
  }

  async #loadRows(wanted: readonly Asked<Id>[], indexes: readonly number[], context: CallContext): Promise<readonly unknown[]> {
    const asked = new Map<string, Id>();
    for (const index of indexes) asked.set(wanted[index]?.place.key as string, wanted[index]?.id as Id);
    const rows = await this.#load([...asked.values()], context);
    const byKey = this.#sort(rows, asked);
    return indexes.map((index) => byKey.get(wanted[index]?.place.key as string));
  }

  /** Rows by key. What nobody asked for is a mistake in the declaration, and would be stored under a wrong id. */
  #sort(rows: readonly unknown[], asked: ReadonlyMap<string, Id>): Map<string, unknown> {
    const { entity, keyOf } = this.#options;
    const ids = [...asked.values()].map(String);
    if (!Array.isArray(rows)) throw new LoaderKeysError(entity, `${rows === null ? 'null' : `a value of type ${typeof rows}`} instead of a list of rows`, ids);
    const byKey = new Map<string, unknown>();
    for (const row of rows) {
      if (row === undefined || row === null) throw new LoaderKeysError(entity, `${row} among its rows`, ids);
      const id = keyOf(row);
      const key = keyFor(entity, id);
      if (!asked.has(key)) throw new LoaderKeysError(entity, `key ${String(id)}, which nobody asked for`, ids);
      if (byKey.has(key)) throw new LoaderKeysError(entity, `key ${String(id)} twice`, ids);
      byKey.set(key, row);
    }
    return byKey;
  }
}

/** The whole key of an id of an entity. */
export const keyFor = (entity: string, id: EntityId): string => joinKey(typeof id === 'object' && id !== null ? [entity, ...id] : [entity, id]);

/** What is gathered in one turn. */
class Batch<Id> {
  readonly context: CallContext;
  isClosed = false;
  readonly #asked: Set<Asked<Id>> = new Set();

  constructor(first: CallContext, operation: string) {
    this.context = new CallContext(first.identity, operation, Number.POSITIVE_INFINITY, first.priority, first.step, undefined, undefined);
  }

  get size(): number {
    return this.#asked.size;
  }

  add(id: Id, place: Place, shared: CallContext, demands: Demands): Promise<Landing> {
    return new Promise((resolve, reject) => {
      const asked = new Asked(id, { place, ...demands }, shared, resolve, reject, (one, reason) => this.#leave(one, reason));
      this.#asked.add(asked);
      shared.link(asked);
    });
  }

  close(): readonly Asked<Id>[] {
    this.isClosed = true;
    return [...this.#asked];
  }

  release(): void {
    for (const asked of this.#asked) asked.release();
    this.context.release();
  }

  #leave(asked: Asked<Id>, reason: unknown): void {
    this.#asked.delete(asked);
    if (this.#asked.size === 0) this.context.abort(reason);
  }
}

/** One id of a batch. It ends when it is answered, or when nobody waits for it any more. */
class Asked<Id> implements Wanted, AbortLink {
  previousLink: AbortLink | undefined = undefined;
  nextLink: AbortLink | undefined = undefined;
  linkedTo: CallContext | undefined = undefined;
  readonly id: Id;
  readonly place: Place;
  readonly minConfidence: number;
  readonly freshForMs: number;
  readonly #shared: CallContext;
  readonly #resolve: (landing: Landing) => void;
  readonly #reject: (error: unknown) => void;
  readonly #left: (asked: Asked<Id>, reason: unknown) => void;

  constructor(
    id: Id,
    { place, minConfidence, freshForMs }: Pick<Wanted, 'place' | keyof Demands>,
    shared: CallContext,
    resolve: (landing: Landing) => void,
    reject: (error: unknown) => void,
    left: (asked: Asked<Id>, reason: unknown) => void,
  ) {
    this.id = id;
    this.place = place;
    this.minConfidence = minConfidence;
    this.freshForMs = freshForMs;
    this.#shared = shared;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#left = left;
  }

  land(landing: Landing): void {
    this.release();
    this.#resolve(landing);
  }

  fail(error: unknown): void {
    this.release();
    this.#reject(error);
  }

  aborted(reason: unknown): void {
    this.#reject(reason);
    this.#left(this, reason);
  }

  release(): void {
    this.#shared.unlink(this);
  }
}
