import type { Cache, CacheNotes } from '../../cache/index.ts';
import { ChangeFeed, type ChangesEvents, type ChangesStatus, type Database, type FleetChannel, parseLsn } from '../../database/index.ts';
import type { EventSink, HealthCheck, HealthReport, Lifecycle, StatSink, StatSource, System } from '../../kernel/index.ts';
import type { ResolvedSettings } from '../settings/index.ts';

type Mode = 'auto' | 'logical' | 'own-writes' | 'off';

interface Joined {
  readonly system: System;
  readonly events: EventSink<ChangesEvents>;
  readonly database: Database;
  readonly cache: () => Cache;
}

/** Changed tables, joined to the cache: what entities name is followed, what has changed is dropped. */
export class Changes implements Lifecycle, HealthCheck, StatSource {
  readonly name = 'changes';
  readonly #mode: Mode;
  readonly #joined: Joined;
  readonly #mayPublish: boolean;
  readonly #fleet: string;
  readonly #noted: { readonly tables: readonly string[]; readonly marks: readonly string[] }[] = [];
  #isStarted = false;
  #feed: ChangeFeed | undefined;

  constructor(settings: ResolvedSettings, mayPublish: boolean, joined: Joined) {
    this.#mode = settings.get<Mode>('database.changes');
    this.#mayPublish = mayPublish;
    this.#joined = joined;
    this.#fleet = fleetOf(settings);
  }

  get isShown(): boolean {
    return this.#mode !== 'off';
  }

  status(): ChangesStatus | undefined {
    return this.#feed?.status();
  }

  /** Before the start it is only noted: the cache that is served may not be there yet. */
  watch(tables: readonly string[], marks: readonly string[]): void {
    if (this.#isStarted) this.#made()?.watch(tables, marks);
    else this.#noted.push({ tables, marks });
  }

  /** Are changes of this table, whoever makes them, seen now? */
  follows(table: string): boolean {
    return this.#feed?.follows(table) ?? false;
  }

  /** Has every commit below this place in the log (`parseLsn`) been applied to this process's cache? False where nobody follows the log. */
  passed(lsn: bigint): boolean {
    return this.#feed?.passed(lsn) ?? false;
  }

  /** Resolves when it has; rejects with the signal's reason. */
  whenPassed(lsn: bigint, signal?: AbortSignal): Promise<void> {
    return this.#feed?.whenPassed(lsn, signal) ?? Promise.reject(new TypeError('Changes of tables are not followed in this process'));
  }

  /**
   * Resolves when every commit up to `after`, or up to now, has been applied to this process's cache, with that place in the log. What depends on tables that are not
   * followed is dropped, which is as good.
   */
  async caughtUp(after: string | undefined, signal: AbortSignal): Promise<string> {
    const place = after ?? (await this.#placeNow());
    const { level, uncovered = [] } = this.status() ?? {};
    if (level === 'logical') await this.whenPassed(parseLsn(place), signal);
    const { cache } = this.#joined;
    await Promise.all(uncovered.map((table) => cache().invalidate({ table })));
    return place;
  }

  async #placeNow(): Promise<string> {
    const [row] = await this.#joined.database.query<{ place: string }>('select pg_current_wal_insert_lsn()::text as place');
    return String(row?.place);
  }

  start(): Promise<void> {
    this.#isStarted = true;
    const feed = this.#made();
    for (const { tables, marks } of this.#noted) feed?.watch(tables, marks);
    feed?.start();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    await this.#feed?.stop();
  }

  check(): Promise<HealthReport> {
    const { state, detail } = this.#feed?.report() ?? { state: 'up' as const, detail: { level: 'own-writes', reason: 'it is set so' } };
    const isLess = this.#mode === 'logical' && detail?.['level'] !== 'logical';
    return Promise.resolve({ state: isLess ? 'degraded' : state, detail: { setting: this.#mode, ...detail } });
  }

  collect(sink: StatSink): void {
    this.#feed?.collect(sink);
  }

  /** Made when it is first needed: the cache it serves is made after this part. */
  #made(): ChangeFeed | undefined {
    if (this.#mode === 'own-writes' || this.#mode === 'off') return undefined;
    this.#feed ??= this.#make();
    return this.#feed;
  }

  #make(): ChangeFeed {
    const { system, events, database, cache } = this.#joined;
    const { notes, tables } = cache();
    return new ChangeFeed(
      { mayPublish: this.#mayPublish },
      {
        ...{ system, events, trust: tables },
        connect: () => database.connectDirect(),
        connectReplication: () => database.connectReplication(),
        apply: (change) => cache().invalidate(change),
        channel: notes && channelOf(notes, this.#fleet),
      },
    );
  }
}

/** Processes of one service that hear each other. Which Redis carries it is a part of the name: two that do not share it must not wait for each other. */
function fleetOf(settings: ResolvedSettings): string {
  const url = settings.get<string | undefined>('redisUrl');
  const { host, pathname } = url === undefined ? { host: '', pathname: '' } : new URL(url);
  return [settings.get<string>('service'), host, pathname, ...settings.get<readonly string[]>('redis.nodes')].join(' ');
}

const channelOf = (notes: CacheNotes, name: string): FleetChannel => ({
  name,
  say: (note) => notes.say(note),
  onNote: (listener) => notes.onNote(listener),
  get knownMs() {
    return notes.knownMs;
  },
  get others() {
    return notes.others;
  },
});
