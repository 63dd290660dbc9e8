/**
 * Tells which rows of which tables have changed, whoever changed them. One life of it: look what the server offers, open a temporary slot, follow it, and drop
 * everything that depends on the tables once, because before the slot nobody listened. Then each committed transaction is applied as it is decoded and again
 * when it is visible. Any doubt (a lost connection, silence, a table that was changed or came new into the publication) ends this life, and the next one begins
 * the same way: slot first, then doubt.
 */
import { type EventSink, everyMs, type HealthReport, messageOf, type StatSink, type System, sleep } from '../../kernel/index.ts';
import type { Connection, ReplicationConnection } from '../driver/index.ts';
import type { ChangesEvents } from './events.ts';
import type { CommittedTransaction, TableChange } from './pgoutput/index.ts';
import { Positions } from './positions.ts';
import {
  type Coverage,
  ensurePublication,
  isPublishable,
  type KnownTable,
  oldestVersion,
  publicationName,
  publicationSql,
  readCoverage,
} from './publication.ts';
import { rowsToMap } from './row-view.ts';
import { parseSnapshot, type Snapshot } from './snapshot.ts';
import type { ChangeSource, SourceListener } from './source.ts';
import { ChangeStream, longestSilenceMs } from './stream.ts';
import { VisibilityGuard } from './visibility.ts';

/** Rows of a table, by the name it is known under here, that have changed; without rows all of them. */
export interface ChangedRows {
  readonly table: string;
  readonly rows?: readonly object[] | undefined;
}

export interface ChangeFeedOptions {
  /** May it make the publication and put tables into it? Else it only says which statement would. */
  readonly mayPublish: boolean;
}

export interface ChangeFeedPorts {
  readonly system: System;
  readonly events: EventSink<ChangesEvents>;
  /** An ordinary connection past any pooler. */
  connect(): Promise<Connection>;
  connectReplication(): Promise<ReplicationConnection>;
  /** Drops what this makes outdated. A rejection ends the life of the stream. */
  apply(change: ChangedRows): Promise<unknown>;
}

/** How changes are seen now. */
export interface ChangesStatus {
  /** `logical`: from whomever. `own-writes`: only what this program invalidates itself. */
  readonly level: 'logical' | 'own-writes';
  readonly reason: string | undefined;
  /** Longest time an answer may be older than the last commit, ms; undefined: until its TTL. */
  readonly boundMs: number | undefined;
  readonly tables: readonly string[];
  /** Tables of entities that are not in the stream. */
  readonly uncovered: readonly string[];
  readonly transactions: number;
  /** Transactions decoded before they were visible. */
  readonly late: number;
  /** Times everything that depends on the tables was dropped. */
  readonly doubts: number;
  readonly reconnects: number;
}

/** It cannot work here until somebody changes the server. */
class Unsupported extends Error {
  readonly sql: string;
  constructor(reason: string, sql: string) {
    super(reason);
    this.sql = sql;
  }
}

const lookEveryMs = 1000;
const againMs = { first: 50, longest: 2000, unsupported: 10_000 };
/** While a slot waits for long transactions nobody listens; the bound is kept by dropping this often. */
const doubtEveryMs = 2500;
/** Changes on their way into the tiers. Past it a table is dropped as a whole. */
const mostApplying = 200;
const snapshotText = 'select pg_current_snapshot()::text as snapshot';

export class ChangeFeed {
  readonly #options: ChangeFeedOptions;
  readonly #ports: ChangeFeedPorts;
  readonly #stopping: AbortController = new AbortController();
  readonly #told: Set<string> = new Set();
  readonly #names: Set<string> = new Set();
  readonly #applying: Set<Promise<void>> = new Set();
  readonly #crowded: Set<string> = new Set();
  #crowdedApplied: PromiseWithResolvers<void> | undefined;
  readonly #positions: Positions = new Positions();
  #source: ChangeSource | undefined;
  #running: Promise<void> | undefined;
  #isStarted = false;
  #covered: readonly KnownTable[] = [];
  #uncovered: readonly string[] = [];
  #isFollowed = false;
  #reason: string | undefined = 'no entity names a table yet';
  #failures = 0;
  /** Followed at some time, and no way found since then that it cannot be: the bound is to be kept. */
  #wasFollowed = false;
  #refusedSql = '';
  #transactions = 0;
  #late = 0;
  #doubts = 0;
  #reconnects = 0;
  #endLife = (_cause: unknown): void => {};

  constructor(options: ChangeFeedOptions, ports: ChangeFeedPorts) {
    this.#options = options;
    this.#ports = ports;
  }

  /** These tables matter from now on. Without any, nothing is connected. */
  watch(tables: readonly string[]): void {
    const before = this.#names.size;
    for (const name of tables) this.#names.add(name);
    if (this.#names.size > before) this.#run();
  }

  start(): void {
    this.#isStarted = true;
    this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#endLife(undefined);
    await this.#running;
    await Promise.all(this.#applying);
  }

  /** Has every commit below this place in the log been applied to this process? */
  passed(lsn: bigint): boolean {
    return this.#positions.passed(lsn);
  }

  /** Resolves when it has; rejects with the signal's reason. Without a feed it never does. */
  whenPassed(lsn: bigint, signal?: AbortSignal): Promise<void> {
    this.#source?.nudge();
    return this.#positions.whenPassed(lsn, signal);
  }

  status(): ChangesStatus {
    const level = this.#isFollowed ? 'logical' : 'own-writes';
    return {
      level,
      reason: this.#isFollowed ? undefined : this.#reason,
      boundMs: this.#isFollowed ? longestSilenceMs : undefined,
      tables: this.#isFollowed ? this.#covered.map(({ name }) => name) : [],
      uncovered: this.#isFollowed ? this.#uncovered : [...this.#names],
      ...{ transactions: this.#transactions, late: this.#late, doubts: this.#doubts, reconnects: this.#reconnects },
    };
  }

  report(): HealthReport {
    const { level, reason, boundMs, tables, uncovered } = this.status();
    return { state: this.#failures > 0 ? 'degraded' : 'up', detail: { level, reason, boundMs, tables, uncovered } };
  }

  collect(sink: StatSink): void {
    const { transactions, late, doubts, reconnects } = this.status();
    sink.gauge('millrace_changes_followed', 'Whether table changes are seen from whomever they come', this.#isFollowed ? 1 : 0);
    sink.counter('millrace_changes_transactions_total', 'Transactions that changed rows entities depend on', transactions);
    sink.counter('millrace_changes_late_total', 'Transactions that were decoded before they were visible', late);
    sink.counter('millrace_changes_doubts_total', 'Times everything that depends on the tables was dropped', doubts);
    sink.counter('millrace_changes_reconnects_total', 'Times the stream was begun anew after a loss', reconnects);
  }

  #run(): void {
    if (!this.#isStarted || this.#names.size === 0 || this.#stopping.signal.aborted) return;
    this.#running ??= this.#lives();
  }

  async #lives(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const pauseMs = await this.#life().then(
        () => 0,
        (error: unknown) => this.#afterFailure(error),
      );
      if (pauseMs > 0) await sleep(this.#ports.system.clock, pauseMs, this.#stopping.signal).catch(() => {});
    }
  }

  /** How long to wait before the next life. */
  #afterFailure(error: unknown): number {
    this.#reason = messageOf(error);
    if (error instanceof Unsupported) {
      this.#failures = 0;
      this.#wasFollowed = false;
      this.#tellOnce('database.changes.fellBack', error.message, { reason: error.message, sql: error.sql });
      return againMs.unsupported;
    }
    this.#failures++;
    this.#reconnects++;
    const jitter = 0.5 + this.#ports.system.random.next() / 2;
    const longestMs = this.#wasFollowed ? againMs.longest : againMs.unsupported;
    const nextInMs = jitter * Math.min(longestMs, againMs.first * 2 ** Math.min(10, this.#failures));
    if (this.#failures === 1) this.#ports.events.emit('database.changes.lost', () => ({ reason: messageOf(error), nextInMs }));
    return nextInMs;
  }

  /** One life: resolves when the tables have changed and the next must begin, or when it is stopped; rejects when something failed. */
  async #life(): Promise<void> {
    const { system } = this.#ports;
    const sinceMs = system.clock.monotonicMs();
    const connection = await this.#ports.connect();
    const { promise: ending, resolve, reject } = Promise.withResolvers<void>();
    this.#endLife = (cause) => (cause === undefined ? resolve() : reject(cause));
    if (this.#stopping.signal.aborted) resolve();
    ending.catch(() => {}); // heard by the race below, or by nobody when the life failed earlier
    const ask = oneByOne(connection);
    connection.onEnd((cause) => reject(cause ?? new Error('The connection beside the change stream has ended')));
    let stream: ChangeSource | undefined;
    let guard: VisibilityGuard<ChangedRows> | undefined;
    try {
      const coverage = await this.#tablesThatExist(ask, ending);
      if (!coverage) return;
      guard = new VisibilityGuard<ChangedRows>({
        clock: system.clock,
        snapshot: () => ask(snapshotOf),
        onLate: () => this.#late++,
        apply: (changes) => this.#applyAll(changes),
      });
      const watching = guard;
      const listener = { onCommit: (transaction: CommittedTransaction) => this.#committed(watching, transaction), onPosition: () => this.#advance() };
      stream = await this.#open(ask, listener, ending);
      if (!stream) return;
      await this.#doubt();
      this.#source = stream;
      this.#advance();
      this.#follow(coverage, system.clock.monotonicMs() - sinceMs);
      await Promise.race([ending, this.#untilStreamEnds(stream), guard.run(), this.#untilTablesChange(ask, coverage)]);
    } finally {
      this.#isFollowed = false;
      this.#source = undefined;
      this.#positions.reset();
      guard?.stop();
      await stream?.close();
      connection.destroy();
    }
  }

  #follow(coverage: Coverage, tookMs: number): void {
    this.#isFollowed = true;
    this.#wasFollowed = true;
    this.#failures = 0;
    this.#ports.events.emit('database.changes.followed', () => ({ tables: this.#covered.map(({ name }) => name), tookMs }));
    for (const table of coverage.tables.filter(({ isPublished, isBroken }) => !isPublished || isBroken)) this.#tellUncovered(table, coverage);
  }

  #tellUncovered(table: KnownTable, coverage: Coverage): void {
    const name = `${table.schema}.${table.table}`;
    const sql = isPublishable(table)
      ? publicationSql({ ...coverage, tables: [table] })
      : `alter table ${name} add primary key (…); -- or: alter table ${name} replica identity full;`;
    const reason = reasonOf(table);
    this.#tellOnce('database.changes.uncovered', name, { table: name, reason, sql });
  }

  /** Waits until at least one table can be followed; undefined when it was stopped meanwhile. Those that can are `#covered` then. */
  async #tablesThatExist(ask: Asking, ending: Promise<void>): Promise<Coverage | undefined> {
    let isOver = false;
    const over = ending.finally(() => {
      isOver = true;
    });
    over.catch(() => {});
    while (!isOver) {
      const coverage = await this.#look(ask);
      this.#covered = coverage.tables.filter(({ isPublished }) => isPublished);
      this.#uncovered = [...this.#names].filter((name) => !this.#covered.some((table) => table.name === name));
      if (this.#covered.length > 0) return coverage;
      if (coverage.tables.length > 0) throw unpublished(coverage);
      this.#reason = 'no table of an entity exists yet';
      await Promise.race([over, sleep(this.#ports.system.clock, lookEveryMs)]);
    }
    return undefined;
  }

  async #look(ask: Asking): Promise<Coverage> {
    const names = [...this.#names];
    const coverage = await ask((connection) => readCoverage(connection, names));
    if (coverage.version < oldestVersion) throw new Unsupported('PostgreSQL 15 or newer is needed', '');
    if (coverage.isStandby) throw new Unsupported('the server is a standby; changes are followed on the primary', '');
    if (coverage.walLevel !== 'logical') {
      throw new Unsupported(`wal_level is ${coverage.walLevel}`, 'alter system set wal_level = logical; -- then restart the server');
    }
    if (!this.#options.mayPublish || publicationSql(coverage) === '') return coverage;
    return this.#publish(ask, names, coverage);
  }

  /** Where it is refused, what is published already is followed all the same, and it is not asked for again. */
  async #publish(ask: Asking, names: readonly string[], coverage: Coverage): Promise<Coverage> {
    const sql = publicationSql(coverage);
    if (this.#refusedSql === sql) return coverage;
    try {
      const added = await ask((connection) => ensurePublication(connection, names));
      if (added.length > 0) this.#ports.events.emit('database.changes.published', () => ({ tables: added }));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#refusedSql = sql;
      this.#tellOnce('database.changes.fellBack', sql, { reason: `the publication may not be changed: ${messageOf(error)}`, sql });
    }
    return ask((connection) => readCoverage(connection, names));
  }

  /** The slot. Until it is there nobody listens: what was followed before is dropped again and again, as long as the server answers otherwise. */
  async #open(ask: Asking, listener: SourceListener, ending: Promise<void>): Promise<ChangeSource | undefined> {
    const { clock, ids } = this.#ports.system;
    const stopDoubting = everyMs(clock, doubtEveryMs, () => this.#doubtAgain(ask).catch(this.#endLife));
    let stream: ChangeSource | undefined;
    try {
      stream = new ChangeStream(await this.#ports.connectReplication(), clock, `millrace_${ids.hex(8)}`, listener);
      const isOver = await Promise.race([stream.open(), ending.then(() => true)]);
      if (isOver !== true) return stream;
      await stream.close();
      return undefined;
    } catch (error) {
      await stream?.close();
      await this.#doubtAgain(ask);
      throw unsupportedOf(error) ?? error;
    } finally {
      stopDoubting();
    }
  }

  /** A server that does not answer has no newer rows to load either: then what is there is kept for those who may show it. */
  async #doubtAgain(ask: Asking): Promise<void> {
    if (!this.#wasFollowed) return;
    await ask(snapshotOf);
    await this.#doubt();
  }

  async #untilStreamEnds(stream: ChangeSource): Promise<void> {
    throw (await stream.ended()) ?? new Error('The server ended the change stream');
  }

  /** Resolves when another set of tables can be followed, or one of them has another shape: DDL is not in the stream. */
  async #untilTablesChange(ask: Asking, { tables }: Coverage): Promise<void> {
    const known = fingerprint(tables);
    while (!this.#stopping.signal.aborted) {
      await sleep(this.#ports.system.clock, lookEveryMs, this.#stopping.signal);
      if (fingerprint((await this.#look(ask)).tables) !== known) return;
    }
  }

  #changesOf({ changes }: CommittedTransaction): readonly ChangedRows[] {
    const found = changes.flatMap((change) => this.#namesOf(change).map((table) => ({ table, rows: rowsToMap(change) })));
    if (found.length > 0) this.#transactions++;
    return found;
  }

  #namesOf({ schema, table }: TableChange): readonly string[] {
    return this.#covered.filter((one) => one.schema === schema && one.table === table).map(({ name }) => name);
  }

  async #doubt(): Promise<void> {
    this.#doubts++;
    await Promise.all([...this.#names].map((table) => this.#ports.apply({ table })));
  }

  /** Twice, at once and when it is visible; it has passed when the second application is everywhere. */
  #committed(guard: VisibilityGuard<ChangedRows>, transaction: CommittedTransaction): void {
    const changes = this.#changesOf(transaction);
    if (changes.length === 0) return;
    const applied = this.#positions.begin(transaction.endLsn);
    guard.committed(transaction.xid, changes, (second) => void second.then(applied).then(() => this.#advance()));
  }

  #advance(): void {
    if (this.#source) this.#positions.advance(this.#source.position);
  }

  async #applyAll(changes: readonly ChangedRows[]): Promise<void> {
    await Promise.all(changes.map((change) => (this.#applying.size < mostApplying ? this.#apply(change) : this.#crowd(change.table))));
  }

  /** Too many are on their way: the table is dropped as a whole when one of them is done. */
  #crowd(table: string): Promise<void> {
    this.#crowded.add(table);
    this.#crowdedApplied ??= Promise.withResolvers<void>();
    return this.#crowdedApplied.promise;
  }

  #apply(change: ChangedRows): Promise<void> {
    const applied: Promise<void> = this.#ports
      .apply(change)
      .then(
        () => {},
        (error: unknown) => this.#couldNotApply(error),
      )
      .finally(() => this.#applied(applied));
    this.#applying.add(applied);
    return applied;
  }

  #applied(applied: Promise<void>): void {
    this.#applying.delete(applied);
    const [tables, told] = [[...this.#crowded], this.#crowdedApplied];
    if (!told) return;
    this.#crowded.clear();
    this.#crowdedApplied = undefined;
    void Promise.all(tables.map((table) => this.#apply({ table }))).then(() => told.resolve());
  }

  #couldNotApply(error: unknown): void {
    this.#source = undefined; // it has passed nothing from here on
    this.#ports.events.emit('database.changes.failed', () => ({ reason: messageOf(error) }));
    this.#endLife(error);
  }

  #tellOnce<Name extends 'database.changes.fellBack' | 'database.changes.uncovered'>(name: Name, key: string, event: ChangesEvents[Name]): void {
    if (this.#told.has(key) || this.#told.size >= 1000) return;
    this.#told.add(key);
    this.#ports.events.emit(name, () => event);
  }
}

type Asking = <T>(question: (connection: Connection) => Promise<T>) => Promise<T>;

/** A connection answers one statement at a time. */
function oneByOne(connection: Connection): Asking {
  let last: Promise<unknown> = Promise.resolve();
  return (question) => {
    const answer = last.then(() => question(connection));
    last = answer.catch(() => {});
    return answer;
  };
}

async function snapshotOf(connection: Connection): Promise<Snapshot> {
  const [row] = (await connection.query({ text: snapshotText, name: 'millrace_snapshot' })).rows as { readonly snapshot: string }[];
  const snapshot = row && parseSnapshot(row.snapshot);
  if (!snapshot) throw new TypeError(`PostgreSQL sent a snapshot of an unknown form: ${JSON.stringify(row?.snapshot)}`);
  return snapshot;
}

const fingerprint = (tables: readonly KnownTable[]): string =>
  tables
    .map(({ name, isPublished, isBroken, shape }) => `${name} ${isPublished} ${isBroken} ${shape}`)
    .sort()
    .join('\n');

function reasonOf(table: KnownTable): string {
  if (!isPublishable(table)) return 'it has no primary key and no replica identity';
  if (table.isBroken) return `its columns in ${publicationName} lack some of its replica identity, and PostgreSQL refuses to update it`;
  return `it is not in the publication ${publicationName}`;
}

function unpublished(coverage: Coverage): Unsupported {
  const sql = publicationSql(coverage);
  const reason = coverage.tables.some(isPublishable)
    ? `no table of an entity is in the publication ${publicationName}`
    : 'no table of an entity has a primary key or a replica identity';
  return new Unsupported(reason, sql);
}

function unsupportedOf(error: unknown): Unsupported | undefined {
  if (isRefusal(error)) return new Unsupported(`the role may not replicate: ${messageOf(error)}`, 'alter role … replication;');
  if (/^53[34]00$/.test(stateOf(error))) {
    return new Unsupported(
      `no slot or sender is free: ${messageOf(error)}`,
      'alter system set max_replication_slots = …; alter system set max_wal_senders = …;',
    );
  }
  return undefined;
}

/** Class 28 and 42501: not authorised, not permitted; 55000 and 0A: the server is not set up for it. */
const isRefusal = (error: unknown): boolean => /^(28|42501|55000|0A)/.test(stateOf(error));

/** SQLSTATE of an error of ours, or of the server's own. */
function stateOf(error: unknown): string {
  const { sqlState, code } = (error ?? {}) as { readonly sqlState?: unknown; readonly code?: unknown };
  return typeof sqlState === 'string' ? sqlState : typeof code === 'string' ? code : '';
}
