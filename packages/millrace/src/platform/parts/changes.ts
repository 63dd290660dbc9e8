import type { Cache } from '../../cache/index.ts';
import { ChangeFeed, type ChangesEvents, type ChangesStatus, type Database } from '../../database/index.ts';
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
  readonly #feed: ChangeFeed | undefined;

  constructor(settings: ResolvedSettings, mayPublish: boolean, { system, events, database, cache }: Joined) {
    this.#mode = settings.get<Mode>('database.changes');
    if (this.#mode === 'own-writes' || this.#mode === 'off') return;
    const connect = () => database.connectDirect();
    const connectReplication = () => database.connectReplication();
    this.#feed = new ChangeFeed({ mayPublish }, { system, events, connect, connectReplication, apply: (change) => cache().invalidate(change) });
  }

  get isShown(): boolean {
    return this.#mode !== 'off';
  }

  status(): ChangesStatus | undefined {
    return this.#feed?.status();
  }

  watch(tables: readonly string[]): void {
    this.#feed?.watch(tables);
  }

  /** Has every commit below this place in the log (`parseLsn`) been applied to this process's cache? False where nobody follows the log. */
  passed(lsn: bigint): boolean {
    return this.#feed?.passed(lsn) ?? false;
  }

  /** Resolves when it has; rejects with the signal's reason. */
  whenPassed(lsn: bigint, signal?: AbortSignal): Promise<void> {
    return this.#feed?.whenPassed(lsn, signal) ?? Promise.reject(new TypeError('Changes of tables are not followed in this process'));
  }

  start(): Promise<void> {
    this.#feed?.start();
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
}
