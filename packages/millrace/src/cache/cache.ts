import {
  type CallContext,
  type CallOptions,
  ConfigError,
  contextOf,
  type EventSink,
  type Lifecycle,
  messageOf,
  rootContext,
  type StatSink,
  type StatSource,
  type System,
  silent,
  system,
} from '../kernel/index.ts';
import { type BusTarget, type BusTransport, InvalidationBus } from './bus/index.ts';
import { collectEntity, collectTables, collectTier, collectWarming } from './collect.ts';
import { Engine } from './engine.ts';
import { CachedEntity, type Entity, type EntityOptions, resolveEntityOptions } from './entity/index.ts';
import { EntityNameError } from './errors.ts';
import type { CacheEvents } from './events.ts';
import { rateOf } from './figures/index.ts';
import { type EntityId, paramsHash } from './keys/index.ts';
import { keyFor, type LoadRows } from './load/index.ts';
import { type CacheOptions, resolveCacheOptions } from './options.ts';
import { type GetOrSetOptions, PlainCalls, type PlainTtl } from './plain/index.ts';
import { type CachedResult, QueryCache, type QueryCacheOptions, queryEntity, type RunStatement, type Statement, tagOfTable } from './queries/index.ts';
import { dropEverywhere } from './spread.ts';
import { type CacheStats, statsOf, type TierReport, tierReportOf } from './stats.ts';
import { EngineTableTrust, type TableTrust } from './tables/index.ts';
import type { Target, Tier } from './tiers/index.ts';
import { invalidateIn, MemoryTier } from './tiers/memory/index.ts';
import { Warmer } from './warm/index.ts';

/** Rows of a table that were changed, with their old state too where tags or ids depend on it. Without rows all that depends on the table is dropped. */
export interface TableChange {
  readonly table: string;
  readonly rows?: readonly unknown[] | undefined;
}

/** What a cache needs from outside. */
export interface CachePorts {
  readonly system?: System | undefined;
  readonly events?: EventSink<CacheEvents> | undefined;
  /** The tiers below memory, nearest first. */
  readonly tiers?: readonly Tier[] | undefined;
  /** The channel to the other processes that cache the same things. Between `start` and `stop` each hears of what another invalidates. */
  readonly bus?: BusTransport | undefined;
  /** Are changes of this table, whoever makes them, seen now? Asked for the tables of cached statements. @default never */
  readonly isFollowed?: ((table: string) => boolean) | undefined;
  /** Told which tables an entity depends on, when it is declared, and for each of them a mark of the mapping: the same in processes that map rows alike. */
  readonly onTables?: ((tables: readonly string[], marks: readonly string[]) => void) | undefined;
}

/** Totals, as the source documents name them. */
export interface CacheMetrics {
  readonly hits: number;
  readonly misses: number;
  readonly staleHits: number;
  readonly loads: number;
  readonly errors: number;
  readonly evictions: number;
  readonly entries: number;
  readonly sizeBytes: number;
  readonly hitRate: number;
}

export interface Cache extends Lifecycle, StatSource {
  readonly name: 'cache';
  /**
   * Declares an entity: what it is called, how rows are loaded by their ids, and how they are kept.
   * @throws MILLRACE_CONFIG for options that cannot be used, MILLRACE_ENTITY_NAME for a name that is taken or none.
   */
  entity<Id extends EntityId, Row>(name: string, load: LoadRows<Id, Row>, options: EntityOptions<NoInfer<Id>, Row>): Entity<Id, Row>;
  /** Drops a key and what lies below it, a tag, a pattern, an entity, or what a changed table makes outdated; in every tier. How many entries there were. */
  invalidate(target: Target | TableChange, call?: CallOptions | CallContext): Promise<number>;
  /** The value of a key, loaded where no tier has it. One load however many ask. A bare number is a TTL in seconds. */
  getOrSet<Value>(
    key: string,
    load: (call: CallContext) => Promise<Value>,
    options?: GetOrSetOptions<Value> | PlainTtl,
    call?: CallOptions | CallContext,
  ): Promise<Value>;
  /** The value of a key; undefined is a miss, and only that: null, 0, false and '' are values. */
  cacheGet<Value = unknown>(key: string, call?: CallOptions | CallContext): Promise<Value | undefined>;
  /** Stores a value; a bare number is a TTL in seconds. Says whether it stored. */
  cacheSet(key: string, value: unknown, ttl?: PlainTtl, call?: CallOptions | CallContext): Promise<boolean>;
  /** Drops keys: `user:123` means that key and `user:123:…`, never `user:1234`; `*` stands for any characters. How many entries there were. */
  cacheInvalidate(pattern: string, call?: CallOptions | CallContext): Promise<number>;
  /**
   * The rows of a statement, kept under `query:` and the hash of its text and parameters, and run where no tier has them.
   * @throws MILLRACE_CONFIG for a statement that writes, MILLRACE_CACHE_KEY for parameters without a canonical text, and what `run` throws
   */
  queryRows(statement: Statement, options: QueryCacheOptions | true, run: RunStatement, call?: CallOptions | CallContext): Promise<readonly object[]>;
  /** Loads what entities declare as essential, where it is not fresh; `start` does it behind. How many of those ids are fresh now. */
  warmEssential(call?: CallOptions | CallContext): Promise<number>;
  getMetrics(): CacheMetrics;
  /** Hits over hits and misses since the start, 0 to 1; 0 when nothing was asked. */
  getHitRate(): number;
  stats(): CacheStats;
  /** Memory behind the port of all tiers: for contract suites and for whoever composes tiers. */
  readonly memory: Tier;
  /** For whoever follows changes of tables on behalf of this cache. */
  readonly tables: TableTrust;
  /** What others than the cache have to say to the same processes: undefined without a bus. */
  readonly notes: CacheNotes | undefined;
}

/** Short texts beside invalidations, on the same channel and in the same order. */
export interface CacheNotes {
  /** Resolves when it has been handed to the channel, or could not be. Who hears it has heard all that was announced before. */
  say(note: string): Promise<void>;
  /** `knownMs`: when the channel was last known to work, monotonic ms; the note was sent after that. */
  onNote(listener: (note: string, knownMs: number) => void): void;
  /** When the channel was last known to work, there and back, monotonic ms; undefined: never. */
  readonly knownMs: number | undefined;
  /** Other processes that were heard a moment ago. */
  readonly others: number;
}

/** Tiers are told apart by name, in figures and in what callers see. */
function named(tiers: readonly Tier[]): readonly Tier[] {
  const problems = tiers
    .filter(({ name }, index) => name === 'memory' || tiers.findIndex((one) => one.name === name) !== index)
    .map(({ name }) => ({
      setting: 'cache.tiers',
      found: `a tier named ${JSON.stringify(name)}, which is taken`,
      allowed: 'give each tier a name of its own',
    }));
  if (problems.length > 0) throw new ConfigError(problems);
  return tiers;
}

/** A cache: entities and plain keys over a memory tier and the tiers handed in. It needs nothing to be started and does no I/O of its own. */
export const createCache = (options?: CacheOptions, ports: CachePorts = {}): Cache => new MillraceCache(options, ports);

/** Short, and the same wherever the parts are. */
const markOf = (parts: readonly string[]): string => paramsHash(parts).slice(0, 8);

const entityName = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

class MillraceCache implements Cache {
  readonly name = 'cache';
  readonly memory: Tier;
  readonly #engine: Engine;
  readonly #plain: PlainCalls;
  readonly #bus: InvalidationBus | undefined;
  readonly tables: EngineTableTrust;
  readonly #onTables: (tables: readonly string[], marks: readonly string[]) => void;
  readonly #warmer: Warmer;
  #isStarted = false;
  readonly #isFollowed: (table: string) => boolean;
  #queries: QueryCache | undefined;
  readonly #queryTables: ReadonlySet<string>;
  /** Whose essential ids have not been asked for yet. */
  readonly #unwarmed: Set<Pick<CachedEntity<never, never>, 'family' | 'warmBehind'>> = new Set();
  readonly #entities: Map<string, CachedEntity<EntityId, unknown>> = new Map();

  constructor(options: CacheOptions | undefined, ports: CachePorts) {
    const { system: on = system, events = silent, tiers = [], bus, onTables = () => {}, isFollowed = () => false } = ports;
    this.#onTables = onTables;
    this.#engine = new Engine(resolveCacheOptions(options), on, events, named(tiers));
    this.#plain = new PlainCalls(this.#engine);
    this.tables = new EngineTableTrust(this.#engine, { onDoubt: () => this.#forgetTables(), onFollowed: () => this.#warmAll() });
    this.memory = new MemoryTier(this.#engine.store, on.clock);
    this.#queryTables = new Set(this.#engine.options.queryTables);
    this.#isFollowed = isFollowed;
    this.#warmer = new Warmer(this.#engine, this.#engine.options.warming, () => [...this.#entities.values()]);
    if (this.#queryTables.size > 0) this.#tieQueries();
    this.#bus = bus && new InvalidationBus(bus, this.#busTarget(), { system: on, events });
  }

  entity<Id extends EntityId, Row>(name: string, load: LoadRows<Id, Row>, options: EntityOptions<NoInfer<Id>, Row>): Entity<Id, Row> {
    if (!entityName.test(name)) throw new EntityNameError(name, 'is none: write 1 to 64 letters, digits, dots, dashes and underscores, a letter first');
    if (name === 'plain' || name === queryEntity || this.#entities.has(name))
      throw new EntityNameError(name, 'is taken: declare an entity once and hand the handle on');
    const entity = this.#declare(name, load, options);
    if (Object.keys(entity.tables).length > 0) this.#tie(entity);
    this.#unwarmed.add(entity);
    this.#warmAll();
    return entity;
  }

  #tie({ name, family, tables }: Pick<CachedEntity<never, never>, 'name' | 'family' | 'tables'>): void {
    this.tables.add(family);
    this.#onTables(
      Object.keys(tables),
      Object.entries(tables).map(([table, mapping]) => markOf([name, table, String(mapping)])),
    );
  }

  /** Loads the essential ids of those entities that have not had theirs yet; those of tables only once their changes are followed. */
  #warmAll(): void {
    if (!this.#isStarted) return;
    for (const entity of this.#unwarmed) {
      if (entity.family.hasTables && !this.tables.isFollowed) continue;
      this.#unwarmed.delete(entity);
      this.#engine.track(entity.warmBehind(this.#engine.behind(rootContext(this.#engine.system, 'cache.warm', { priority: 'low' }))));
    }
  }

  #declare<Id extends EntityId, Row>(name: string, load: LoadRows<Id, Row>, options: EntityOptions<NoInfer<Id>, Row>): CachedEntity<Id, Row> {
    const entity = new CachedEntity<Id, Row>(name, this.#engine, load, resolveEntityOptions(name, options, this.#engine.options.defaultTtlMs));
    this.#entities.set(name, entity as unknown as CachedEntity<EntityId, unknown>);
    return entity;
  }

  /** Made when a statement is first kept: who keeps none has no such entity. */
  #queryCache(): QueryCache {
    const declare = (load: LoadRows<string, CachedResult>, options: EntityOptions<string, CachedResult>) => this.#declare(queryEntity, load, options);
    this.#queries ??= new QueryCache({ tables: this.#queryTables, isFollowed: this.#isFollowed, declare });
    return this.#queries;
  }

  /** Statements are tied to tables by tags: which ones a result depends on is known when it is asked for, and not here. */
  #tieQueries(): void {
    this.#queryCache();
    this.tables.add((this.#entities.get(queryEntity) as CachedEntity<EntityId, unknown>).family);
    const tables = [...this.#queryTables];
    this.#onTables(
      tables,
      tables.map((table) => markOf([queryEntity, table])),
    );
  }

  get notes(): CacheNotes | undefined {
    return this.#bus;
  }

  async invalidate(target: Target | TableChange, call?: CallOptions | CallContext): Promise<number> {
    const context = contextOf(this.#engine.system, 'cache.invalidate', call);
    const targets = 'table' in target ? this.#targetsOf(target) : [target];
    // All at once: what is meant last must not be given while a tier is slow to drop what is meant first.
    const dropped = targets.map((one) => {
      this.#forget(one);
      return dropEverywhere(this.#engine, one, context);
    });
    return (await Promise.all(dropped)).reduce((sum, count) => sum + count, 0);
  }

  getOrSet<Value>(
    key: string,
    load: (call: CallContext) => Promise<Value>,
    options?: GetOrSetOptions<Value> | PlainTtl,
    call?: CallOptions | CallContext,
  ): Promise<Value> {
    return this.#plain.getOrSet(key, load, options as GetOrSetOptions<never> | PlainTtl | undefined, call) as Promise<Value>;
  }

  cacheGet<Value = unknown>(key: string, call?: CallOptions | CallContext): Promise<Value | undefined> {
    return this.#plain.get(key, call) as Promise<Value | undefined>;
  }

  cacheSet(key: string, value: unknown, ttl?: PlainTtl, call?: CallOptions | CallContext): Promise<boolean> {
    return this.#plain.set(key, value, ttl, call);
  }

  async cacheInvalidate(pattern: string, call?: CallOptions | CallContext): Promise<number> {
    this.#forget({ pattern });
    return this.#plain.invalidate(pattern, call);
  }

  queryRows(statement: Statement, options: QueryCacheOptions | true, run: RunStatement, call?: CallOptions | CallContext): Promise<readonly object[]> {
    return this.#queryCache().rows(statement, options, run, call);
  }

  /** One entity that cannot say which, or cannot load them, does not keep the others from it. */
  async warmEssential(call?: CallOptions | CallContext): Promise<number> {
    const context = contextOf(this.#engine.system, 'cache.warm', call);
    const warmed = await Promise.all([...this.#entities.values()].map((entity) => entity.warmBehind(context)));
    return warmed.reduce((sum, count) => sum + count, 0);
  }

  getMetrics(): CacheMetrics {
    const all = [this.#engine.plainFigures, ...[...this.#entities.values()].map(({ figures }) => figures)];
    const sum = (pick: (figures: (typeof all)[number]) => number): number => all.reduce((total, figures) => total + pick(figures), 0);
    const [hits, misses] = [sum((one) => one.hits), sum((one) => one.misses)];
    return {
      ...{ hits, misses, staleHits: sum((one) => one.staleHits), loads: sum((one) => one.loads), errors: sum((one) => one.loadErrors) },
      ...{ evictions: sum((one) => one.evictions), entries: this.#engine.store.entries, sizeBytes: this.#engine.store.sizeBytes },
      hitRate: hits + misses === 0 ? 0 : rateOf(hits, misses),
    };
  }

  getHitRate(): number {
    return this.getMetrics().hitRate;
  }

  stats(): CacheStats {
    const { hits, misses, staleHits, hitRate } = this.getMetrics();
    const { window, memoryFigures, system: on, options, plainFigures } = this.#engine;
    const entities = [...this.#entities.values()].map((entity) => entity.stats());
    const plain = statsOf('plain', plainFigures, this.#plain.loads.inFlight + this.#plain.lookups.inFlight);
    return {
      ...{ hits, misses, staleHits, hitRate },
      recentHitRate: window.rate(on.clock.monotonicMs(), memoryFigures.hits, memoryFigures.misses),
      loadsInFlight: [...entities, plain].reduce((sum, { loadsInFlight }) => sum + loadsInFlight, 0),
      maxSizeBytes: options.memory.sizeBytes,
      tiers: this.#tiers(),
      entities: [...entities, plain],
      warming: this.#warmer.stats(),
      bus: this.#bus?.stats(),
    };
  }

  collect(sink: StatSink): void {
    this.#bus?.collect(sink);
    collectTables(sink, this.tables.stats());
    collectWarming(sink, this.#warmer.stats());
    for (const tier of this.#tiers()) collectTier(sink, tier);
    for (const { name, figures } of this.#entities.values()) collectEntity(sink, name, figures);
    collectEntity(sink, 'plain', this.#engine.plainFigures);
  }

  /** Joins the other processes, where there is a bus; else there is nothing to start. Until its first word has come back, memory is not trusted. */
  async start(): Promise<void> {
    await this.#bus?.start();
    if (this.#bus) this.#engine.announce = (target) => (this.#bus as InvalidationBus).announce(target);
    this.#isStarted = true;
    this.#warmer.start();
    this.#warmAll();
  }

  /** Stops what goes on behind and waits for it. What memory holds is still given afterwards; nothing more is loaded by plain calls. */
  async stop(): Promise<void> {
    this.#engine.announce = undefined;
    this.#isStarted = false;
    this.#warmer.stop();
    const stopped = this.#engine.stop();
    await this.#bus?.stop();
    await stopped;
  }

  #busTarget(): BusTarget {
    const { store, below, system: on } = this.#engine;
    return {
      apply: (target) => {
        this.#forget(target);
        invalidateIn(store, target);
        for (const link of below) this.#engine.track(link.pass(target, rootContext(on, 'cache.invalidate')));
      },
      doubtAll: () => {
        this.#forget({ pattern: '*' });
        store.doubtAll(on.clock.monotonicMs());
        for (const link of below) link.doubt();
      },
      wasAway: (ms) => {
        for (const link of below) link.wasOutOfReach(ms);
      },
      isTold: () => this.#engine.isTold,
      trustUntil: (ms) => {
        store.trustedUntilMs = ms;
      },
    };
  }

  /** Whoever asks from now on for what depends on tables searches anew. */
  #forgetTables(): void {
    for (const { reader, family } of this.#entities.values()) if (family.hasTables) reader.forgetAll();
  }

  #tiers(): readonly TierReport[] {
    const { below, memoryFigures } = this.#engine;
    const memory = tierReportOf('memory', memoryFigures, { ...this.memory.stats(), isDistrusted: false });
    return [memory, ...below.map((link) => tierReportOf(link.name, link.figures, { ...link.tier.stats(), isDistrusted: link.isDistrusted }))];
  }

  /** What a changed table makes outdated: single entries where rows are given, else everything of the entities that depend on it. */
  #targetsOf({ table, rows }: TableChange): readonly Target[] {
    const dependent = [...this.#entities.values()].filter(({ tables }) => Object.hasOwn(tables, table));
    const results: readonly Target[] = this.#queryTables.has(table) ? [{ tag: tagOfTable(table) }] : [];
    if (!rows) return [...dependent.map(({ name }) => ({ entity: name })), ...results];
    return [...dependent.flatMap((entity) => this.#entriesOf(entity, table, rows)), ...results];
  }

  /** A mapping that fails, or names what is no id, cannot say which entries: then it is all of them. */
  #entriesOf(entity: CachedEntity<EntityId, unknown>, table: string, rows: readonly unknown[]): readonly Target[] {
    try {
      const ids = rows.map((row) => entity.idFor(table, row)).filter((id) => id !== undefined);
      return [...new Set(ids.map((id) => keyFor(entity.name, id)))].map((key) => ({ key }));
    } catch (error) {
      this.#engine.events.emit('cache.mapping.failed', () => ({ entity: entity.name, table, reason: messageOf(error) }));
      return [{ entity: entity.name }];
    }
  }

  /** Whoever asks from now on for what is meant searches anew. Tags are known only when a search lands; there the reader sees to it. */
  #forget(target: Target): void {
    if ('tag' in target) return;
    if ('key' in target && !target.key.includes('*')) this.#plain.loads.forget(target.key);
    else this.#plain.loads.forgetAll();
    for (const { reader } of this.#entities.values()) {
      if ('key' in target) reader.forget(target.key);
      else reader.forgetAll();
    }
  }
}
