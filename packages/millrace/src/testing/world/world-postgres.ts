import type { Answer, Connection, ReplicationConnection, Statement } from '../../database/index.ts';
import type { Clock } from '../../kernel/index.ts';
import { PgoutputEncoder } from './pgoutput-encoder.ts';
import { WorldConnection, WorldConnectionError } from './world-connection.ts';
import type { WorldNetwork } from './world-network.ts';
import type { WorldProcess } from './world-process.ts';
import { sees, type WorldCommit, type WorldSnapshot, type WorldStore } from './world-store.ts';

/*
 * As much of a PostgreSQL server as the feed of changes asks for, over the store of a world: sessions, session locks, snapshots, a publication of one table, and
 * logical replication in the binary form of pgoutput. What it does not know it says.
 */

/** Places in the log: a commit ends eight bytes behind its record. */
const endOf = (lsn: number): bigint => BigInt(lsn) * 16n + 8n;
const lsnText = (lsn: bigint): string => `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffff_ffffn).toString(16).toUpperCase()}`;
const visiblePollMs = 2;

export interface WorldPostgresOptions {
  /** The table that is published: its name, and which keys of the store are its rows. */
  readonly table: string;
  readonly isRow: (key: string) => boolean;
}

/** Something a client holds open at the server. */
interface Session {
  readonly pid: number;
  readonly process: WorldProcess;
  readonly slot: string | undefined;
  end(cause: Error | undefined): void;
}

export class WorldPostgres {
  readonly options: WorldPostgresOptions;
  readonly machine: WorldProcess;
  readonly network: WorldNetwork;
  readonly store: WorldStore;
  readonly clock: Clock;
  readonly #sessions: Map<number, Session> = new Map();
  /** Who holds a session lock. */
  readonly #locks: Map<string, number> = new Map();
  #nextPid = 100;

  constructor(machine: WorldProcess, network: WorldNetwork, store: WorldStore, options: WorldPostgresOptions) {
    this.options = options;
    this.machine = machine;
    this.network = network;
    this.store = store;
    this.clock = network.clock;
  }

  /** The end of the log. */
  get end(): bigint {
    return endOf(this.store.log.length);
  }

  async connect(process: WorldProcess): Promise<Connection> {
    const way = new WorldConnection(this.network, process, this.machine);
    const pid = this.#nextPid++;
    const session = new QuerySession(this, way, pid, process);
    await way.ask(() => void this.#sessions.set(pid, session));
    return session;
  }

  async connectReplication(process: WorldProcess): Promise<ReplicationConnection> {
    const way = new WorldConnection(this.network, process, this.machine);
    const pid = this.#nextPid++;
    const session = new ReplicationSession(this, way, pid, process);
    await way.ask(() => void this.#sessions.set(pid, session));
    return session;
  }

  /** The process has died, or its connections were reset: the server notices at once. */
  endSessionsOf(process: WorldProcess, isOnlyStream = false): void {
    for (const session of this.#sessions.values()) {
      if (session.process === process && (!isOnlyStream || session.slot !== undefined)) session.end(new WorldConnectionError('the database'));
    }
  }

  /** Nothing comes on the streams of a process any more, and nobody says so. */
  silence(process: WorldProcess): void {
    for (const session of this.#sessions.values()) if (session.process === process && session instanceof ReplicationSession) session.isSilent = true;
  }

  /** What is streamed to a process takes so much longer, until the function that is returned is called, ms. */
  delay(process: WorldProcess, ms: number): () => void {
    const streams = [...this.#sessions.values()].filter((session) => session.process === process && session instanceof ReplicationSession);
    const set = (lagMs: number): void => {
      for (const stream of streams as ReplicationSession[]) stream.lag(lagMs);
    };
    set(ms);
    return () => set(0);
  }

  /** @internal */
  gone(pid: number): void {
    this.#sessions.delete(pid);
    for (const [name, holder] of this.#locks) if (holder === pid) this.#locks.delete(name);
  }

  /** @internal At the server. */
  answer(pid: number, { text, values = [] }: Statement): unknown[] {
    if (text.includes('pg_try_advisory_lock')) return [{ taken: this.#take(pid, lockName(values)) }];
    if (text.includes('pg_advisory_unlock')) return [{ pg_advisory_unlock: this.#locks.delete(lockName(values)) }];
    if (text.includes('pg_terminate_backend')) return this.#terminate(pid, lockName(values), String(values[2]));
    if (text.includes('pg_current_snapshot')) return [{ snapshot: snapshotText(this.store.snapshot()) }];
    if (text.includes('pg_current_wal_flush_lsn')) return [{ lsn: lsnText(this.end) }];
    if (text.includes('server_version_num')) return [{ version: 180_000, walLevel: 'logical', isStandby: false, hasPublication: true }];
    if (text.includes('as wanted(name)')) return (values[0] as string[]).filter((name) => name === this.options.table).map(publishedTable);
    throw new Error(`The world's PostgreSQL does not know: ${text}`);
  }

  #take(pid: number, name: string): boolean {
    const holder = this.#locks.get(name);
    if (holder === undefined) this.#locks.set(name, pid);
    return holder === undefined || holder === pid;
  }

  #terminate(pid: number, lock: string, slot: string): unknown[] {
    const holder = this.#locks.get(lock);
    const meant = [...this.#sessions.values()].filter((session) => (session.pid === holder && holder !== pid) || session.slot === slot);
    for (const session of meant) session.end(new Error('terminating connection due to administrator command'));
    return meant.map(() => ({ pg_terminate_backend: true }));
  }
}

const lockName = ([first, second]: readonly unknown[]): string => `${String(first)} ${String(second)}`;
const snapshotText = ({ xmin, xmax, running }: WorldSnapshot): string => `${xmin}:${xmax}:${[...running].join(',')}`;
const columns = ['key', 'group'];
const publishedTable = (name: string): object => {
  return { name, schema: 'public', table: name, isPublished: true, published: columns, identity: columns, isFull: true, shape: '1' };
};

/** What both kinds of sessions have: a way to the server, and an end that both sides hear of. */
abstract class OpenSession implements Session {
  readonly pid: number;
  readonly process: WorldProcess;
  readonly ended: Promise<Error | undefined>;
  protected readonly server: WorldPostgres;
  protected readonly way: WorldConnection;
  abstract readonly slot: string | undefined;
  isOpen = true;
  readonly #listeners: ((cause: Error | undefined) => void)[] = [];
  #settle: (cause: Error | undefined) => void = () => {};

  constructor(server: WorldPostgres, way: WorldConnection, pid: number, process: WorldProcess) {
    this.server = server;
    this.way = way;
    this.pid = pid;
    this.process = process;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get processId(): number {
    return this.pid;
  }

  /** The server lets go of it; the client hears of it when it can. */
  end(cause?: Error): Promise<void> {
    this.server.gone(this.pid);
    this.letGo();
    this.way.cut();
    this.process.receive(this.way.down, () => this.#gone(cause));
    return this.ended.then(() => {});
  }

  destroy(cause?: Error): void {
    void this.end(cause);
  }

  onEnd(listener: (cause: Error | undefined) => void): void {
    this.#listeners.push(listener);
  }

  protected letGo(): void {}

  #gone(cause: Error | undefined): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#settle(cause);
    for (const listener of this.#listeners) listener(cause);
  }
}

class QuerySession extends OpenSession implements Connection {
  readonly slot: undefined = undefined;
  readonly transactionStatus = 'I' as const;
  readonly settingsReported = 0;

  setting(): string | undefined {
    return undefined;
  }

  async query(statement: Statement): Promise<Answer> {
    const rows = await this.way.ask(() => this.server.answer(this.pid, statement));
    return { rows, rowCount: rows.length, command: 'SELECT', fields: [] };
  }

  commit(): Promise<Answer> {
    return Promise.reject(new Error('The world commits in its store'));
  }

  cancel(): Promise<void> {
    return Promise.resolve();
  }

  forgetNames(): void {}
  onNotice(): void {}

  onNotification(): () => void {
    return () => {};
  }
}

class ReplicationSession extends OpenSession implements ReplicationConnection {
  slot: string | undefined = undefined;
  isSilent = false;
  readonly #encoder: PgoutputEncoder;
  #waiting: WorldCommit[] | undefined = [];
  #unfollow = (): void => {};
  #onData: ((message: Buffer) => void) | undefined;

  constructor(server: WorldPostgres, way: WorldConnection, pid: number, process: WorldProcess) {
    super(server, way, pid, process);
    this.#encoder = new PgoutputEncoder(server.options.table, columns);
  }

  /** Makes the slot: what is committed from here on is kept for it, and everything before is visible when it answers. */
  async command(text: string): Promise<Readonly<Record<string, string | null>>[]> {
    const slot = /^CREATE_REPLICATION_SLOT "(\w+)"/.exec(text)?.[1];
    if (!slot) throw new Error(`The world's PostgreSQL does not know: ${text}`);
    const point = await this.way.ask(() => this.#make(slot));
    return [{ slot_name: slot, consistent_point: lsnText(point), snapshot_name: null, output_plugin: 'pgoutput' }];
  }

  async follow(_text: string, onData: (message: Buffer) => void): Promise<void> {
    this.#onData = onData;
    await this.way.ask(() => {
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      for (const commit of waiting) this.#stream(commit);
    });
  }

  /** A status of the client; where it wants an answer it is told how far it was sent. */
  send(message: Buffer): void {
    if (message[33] !== 1 || !this.isOpen) return;
    this.way.ask(() => this.#deliver(this.#encoder.keepAlive(this.server.end))).catch(() => {});
  }

  lag(ms: number): void {
    this.way.down.lagMs = ms;
  }

  protected override letGo(): void {
    this.#unfollow();
  }

  async #make(slot: string): Promise<bigint> {
    this.slot = slot;
    const { store, clock } = this.server;
    const point = this.server.end;
    const { running } = store.snapshot();
    this.#unfollow = store.follow((commit) => (this.#waiting ? this.#waiting.push(commit) : this.#stream(commit)));
    const isVisible = (): boolean => [...running].every((xid) => sees(store.snapshot(), xid));
    while (!isVisible()) await new Promise<void>((resolve) => clock.after(visiblePollMs, resolve));
    return point;
  }

  #stream(commit: WorldCommit): void {
    const changes = commit.changes.filter(({ key }) => this.server.options.isRow(key));
    if (changes.length === 0) return;
    for (const message of this.#encoder.transaction(Number(commit.xid), changes, endOf(commit.lsn))) this.#deliver(message);
  }

  #deliver(message: Buffer): void {
    if (this.isSilent) return;
    this.way.down.send(() => this.process.receive(this.way.down, () => this.#onData?.(message)));
  }
}
