import { rootContext } from '../../kernel/index.ts';
import { type Engine, unfollowedMs } from '../engine.ts';
import type { Family } from '../tiers/memory/index.ts';

/** For whoever follows the changes of tables on behalf of this cache. It concerns entities that name tables, and nothing else. */
export interface TableTrust {
  /**
   * Something may have been missed. What depends on tables is looked up anew: given as stale until the time up to which it was trusted anyway, loaded behind at
   * a pace the database can take (cold admission), and past that time given only as its declaration allows when a load is slow or fails.
   */
  doubt(): Promise<void>;
  /** The same for tiers that other processes use too: one of the fleet does it, before the others are told to doubt. */
  doubtShared(): Promise<void>;
  /** What depends on tables may be given as fresh until then, monotonic ms. Infinity: nobody follows, and nobody is meant to. */
  trustUntil(ms: number): void;
  stats(): TableTrustStats;
}

export interface TableTrustStats {
  /** Times all that depends on tables was looked up anew. */
  readonly doubts: number;
  /** Times nothing was heard of the tables for five seconds. */
  readonly lapses: number;
  /** Loads wait for their turn now. */
  readonly isCold: boolean;
  /** Keys whose load was admitted while entries were in doubt. */
  readonly coldLoads: number;
  /** Keys a second that are loaded usually. */
  readonly usualPerSecond: number;
}

export class EngineTableTrust implements TableTrust {
  readonly #engine: Engine;
  readonly #families: Set<Family> = new Set();
  readonly #onDoubt: () => void;
  readonly #onFollowed: () => void;
  #wasFollowed = true;
  #doubts = 0;
  #lapses = 0;

  constructor(engine: Engine, { onDoubt, onFollowed }: { readonly onDoubt: () => void; readonly onFollowed: () => void }) {
    this.#engine = engine;
    this.#onDoubt = onDoubt;
    this.#onFollowed = onFollowed;
    engine.onLapsed = () => this.#lapse();
  }

  /** What is loaded now lives as long as it is meant to: the tables are followed, or nobody is meant to follow them. */
  get isFollowed(): boolean {
    const { store, system, tablesLimitMs } = this.#engine;
    return tablesLimitMs === Number.POSITIVE_INFINITY && system.clock.monotonicMs() < store.tablesTrustedUntilMs;
  }

  /** An entity that names tables. */
  add(family: Family): void {
    this.#families.add(family);
    this.#engine.store.tieToTables(family);
  }

  async doubt(): Promise<void> {
    const { store } = this.#engine;
    const usableUntilMs = store.tablesTrustedUntilMs;
    this.#doubtMemory(usableUntilMs);
    this.#doubts++;
    const own = this.#engine.below.filter(({ isLocal }) => isLocal);
    if (own.length === 0) return;
    await this.#drop(own);
    this.#doubtMemory(usableUntilMs); // what was fetched meanwhile from a tier of one's own
  }

  async doubtShared(): Promise<void> {
    await this.#drop(this.#engine.below.filter(({ isLocal }) => !isLocal));
  }

  trustUntil(ms: number): void {
    this.#engine.tablesLimitMs = Number.POSITIVE_INFINITY;
    this.#engine.store.trustTables(ms);
    this.#engine.cold.sample(this.#loaded());
    const before = this.#wasFollowed;
    this.#wasFollowed = this.isFollowed;
    if (this.#wasFollowed && !before) this.#onFollowed();
  }

  stats(): TableTrustStats {
    const { isCold, admitted, usualPerSecond } = this.#engine.cold.stats();
    return { doubts: this.#doubts, lapses: this.#lapses, isCold, coldLoads: admitted, usualPerSecond };
  }

  /** Nothing was heard for too long. From now on what is loaded lives for seconds only, which needs nobody to tell. */
  #lapse(): void {
    this.#lapses++;
    this.#wasFollowed = false;
    this.#doubtMemory(0);
    this.#engine.tablesLimitMs = unfollowedMs;
    this.#engine.store.trustTables(Number.POSITIVE_INFINITY);
  }

  #doubtMemory(usableUntilMs: number): void {
    const { store, system, cold } = this.#engine;
    if (this.#held() > 0) cold.begin();
    store.doubtFamilies(this.#families, system.clock.monotonicMs(), usableUntilMs);
    this.#onDoubt();
  }

  async #drop(links: Engine['below']): Promise<void> {
    const context = rootContext(this.#engine.system, 'cache.doubt');
    await Promise.all(links.flatMap((link) => [...this.#families].map(({ name }) => link.invalidate({ entity: name }, context))));
  }

  #held(): number {
    let held = 0;
    for (const { figures } of this.#families) held += figures.entries;
    return held;
  }

  #loaded(): number {
    let loaded = 0;
    for (const { figures } of this.#families) loaded += figures.loadedIds;
    return loaded;
  }
}
