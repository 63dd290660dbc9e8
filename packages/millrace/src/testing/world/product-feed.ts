import type { Cache } from '../../cache/index.ts';
import { ChangeFeed, type FleetChannel } from '../../database/index.ts';
import { silent } from '../../kernel/index.ts';
import { type WorldConnection, WorldConnectionError } from './world-connection.ts';
import type { WorldPostgres } from './world-postgres.ts';
import type { WorldProcess } from './world-process.ts';

export interface ProductFeedPorts {
  readonly process: WorldProcess;
  readonly postgres: WorldPostgres;
  /** Cut while the process cannot reach the server. */
  readonly database: WorldConnection;
  readonly cache: Cache;
  readonly tables: readonly string[];
  readonly marks: readonly string[];
}

/** The product's own feed of changes, joined to a cache as the platform joins them, on a world's PostgreSQL. */
export class ProductFeed {
  readonly #feed: ChangeFeed;
  readonly #ports: ProductFeedPorts;

  constructor(ports: ProductFeedPorts) {
    const { process, postgres, cache, tables, marks } = ports;
    this.#ports = ports;
    const { notes } = cache;
    this.#feed = new ChangeFeed(
      { mayPublish: false },
      {
        ...{ system: process.system, events: silent, trust: cache.tables },
        connect: () => this.#reach(() => postgres.connect(process)),
        connectReplication: () => this.#reach(() => postgres.connectReplication(process)),
        apply: (change) => cache.invalidate(change),
        channel: notes && channelOf(notes),
      },
    );
    this.#feed.watch(tables, marks);
  }

  start(): void {
    this.#feed.start();
  }

  stop(): Promise<void> {
    return this.#feed.stop();
  }

  crash(): void {
    this.#ports.postgres.endSessionsOf(this.#ports.process, true);
  }

  silence(): void {
    this.#ports.postgres.silence(this.#ports.process);
  }

  /** What is streamed comes so much later, until the function that is returned is called, ms. */
  delay(ms: number): () => void {
    return this.#ports.postgres.delay(this.#ports.process, ms);
  }

  #reach<Session>(connect: () => Promise<Session>): Promise<Session> {
    return this.#ports.database.up.isCut ? Promise.reject(new WorldConnectionError('the database')) : connect();
  }
}

const channelOf = (notes: NonNullable<Cache['notes']>): FleetChannel => ({
  name: 'fleet',
  say: (note) => notes.say(note),
  onNote: (listener) => notes.onNote(listener),
  get knownMs() {
    return notes.knownMs;
  },
  get others() {
    return notes.others;
  },
});
