/**
 * Tells which rows of which tables have changed, whoever changed them. One life of it: look what the server offers, stand for election where a fleet shares a
 * channel, and when it is this process's turn follow the log through a temporary slot. Each committed transaction is applied as it is decoded and again when it is
 * visible, and announced to the others with it.
 *
 * Whoever begins tells from which place in the log on it hears everything. A process that has passed that place has missed nothing; one that has not puts what it
 * holds in doubt, once. That one rule serves the first life, the next after a crash, a change of the reader in order, and a table that came new.
 */
import { type EventSink, type HealthReport, messageOf, type StatSink, type System, sleep } from '../../kernel/index.ts';
import type { Histogram } from '../../telemetry/index.ts';
import type { Connection, ReplicationConnection } from '../driver/index.ts';
import { Applier, type ChangedRows } from './applier.ts';
import { type Asking, oneByOne } from './asking.ts';
import type { ChangesEvents } from './events.ts';
import { Coverage, decodeNote, Election, encodeNote, type FeedTrust, type FleetChannel, type ReaderNote, trustMs } from './fleet/index.ts';
import type { CommittedTransaction } from './pgoutput/index.ts';
import { Positions } from './positions.ts';
import { LogReader, ReaderFigures } from './reader.ts';
import { rowsToMap } from './row-view.ts';
import type { ChangeSource, SourceListener } from './source.ts';
import { ChangeStream } from './stream.ts';
import { WatchedTables } from './tables.ts';
import { Unsupported, unsupportedOf } from './unsupported.ts';

export interface ChangeFeedOptions {
  /** May it make the publication and put tables into it? Else it only says which statement would. */
  readonly mayPublish: boolean;
}

/** The cache: told to doubt, and up to when it may trust. */
export interface ChangeFeedTrust extends FeedTrust {
  /** The same for tiers that other processes use too, before those are told that something may have been missed. */
  doubtShared(): Promise<unknown>;
}

export interface ChangeFeedPorts {
  readonly system: System;
  readonly events: EventSink<ChangesEvents>;
  /** An ordinary connection past any pooler. */
  connect(): Promise<Connection>;
  connectReplication(): Promise<ReplicationConnection>;
  /** Drops what this makes outdated. A rejection ends the life of the stream. */
  apply(change: ChangedRows): Promise<unknown>;
  readonly trust: ChangeFeedTrust;
  /** The other processes, where they can be told. Without it each follows for itself. */
  readonly channel?: FleetChannel | undefined;
}

/** `reader`: follows the log for all. `follower`: another does. `alone`: follows for itself. `candidate`: not known yet, or nothing to follow. */
export type ChangesRole = 'reader' | 'follower' | 'alone' | 'candidate';

/** How changes are seen now. */
export interface ChangesStatus {
  /** `logical`: from whomever. `own-writes`: only what this program invalidates itself. */
  readonly level: 'logical' | 'own-writes';
  readonly role: ChangesRole;
  /** In this role, ms. */
  readonly roleForMs: number;
  readonly reason: string | undefined;
  /** Longest time an answer may be older than the last commit, ms; undefined: until its TTL. */
  readonly boundMs: number | undefined;
  readonly tables: readonly string[];
  /** Tables of entities that are not in the stream. */
  readonly uncovered: readonly string[];
  readonly transactions: number;
  /** Transactions decoded before they were visible. */
  readonly late: number;
  /** From the decoding of a transaction until it was dropped everywhere here, the second time, and announced; ms. NaN where nothing was read here. */
  readonly lagMs: { readonly p50: number; readonly p95: number; readonly p999: number };
  /** Times another reader continued without a gap. */
  readonly handOvers: number;
  /** Times everything that depends on the tables had to be looked up anew. */
  readonly doubts: number;
  readonly reconnects: number;
  /** Readers that were ended because nothing was heard of them. */
  readonly deposed: number;
}

const lookEveryMs = 1000;
const againMs = { first: 50, longest: 2000, unsupported: 10_000 };
/** A reader that goes waits so long for one that follows it to speak, and to have begun. */
const leaveMs = { silent: 4000, longest: 8000 };
const stepMs = 20;

type Reader = LogReader<ChangedRows>;

export class ChangeFeed {
  readonly #ports: ChangeFeedPorts;
  readonly #tables: WatchedTables;
  readonly #marks: Set<string> = new Set();
  readonly #positions: Positions = new Positions();
  readonly #coverage: Coverage;
  readonly #applier: Applier;
  readonly #figures: ReaderFigures = new ReaderFigures();
  readonly #stopping: AbortController = new AbortController();
  #running: Promise<void> | undefined;
  #isStarted = false;
  #reader: Reader | undefined;
  #role: ChangesRole = 'candidate';
  #roleSinceMs: number;
  #standing: ReaderNote['standing'] = 'reading';
  /** Where the one that is to follow us begins. */
  #nextFrom: bigint | undefined;
  #isFollowing = false;
  #reason: string | undefined = 'no entity names a table yet';
  #failures = 0;
  #wasFollowed = false;
  #reconnects = 0;
  #deposed = 0;
  #endLife = (_cause: unknown): void => {};

  constructor(options: ChangeFeedOptions, ports: ChangeFeedPorts) {
    this.#ports = ports;
    const { system, events, trust, channel } = ports;
    this.#roleSinceMs = system.clock.monotonicMs();
    this.#tables = new WatchedTables({ events, mayPublish: options.mayPublish });
    this.#coverage = new Coverage({ clock: system.clock, positions: this.#positions, trust, marks: () => this.#marks });
    this.#applier = new Applier({ apply: (change) => ports.apply(change), onFailed: (error) => this.#couldNotApply(error) });
    channel?.onNote((note, knownMs) => this.#hear(note, knownMs));
  }

  /** These tables matter from now on. Without any, nothing is connected. Marks tell how their rows are mapped: the same in processes that map them alike. */
  watch(tables: readonly string[], marks: readonly string[] = []): void {
    const before = this.#tables.names.size;
    for (const name of tables) this.#tables.names.add(name);
    for (const mark of marks) this.#marks.add(mark);
    if (this.#tables.names.size > before) this.#run();
  }

  start(): void {
    this.#isStarted = true;
    this.#run();
  }

  /** A reader goes when the next one has begun, where there are others. */
  async stop(): Promise<void> {
    await this.#leave();
    this.#stopping.abort();
    this.#endLife(undefined);
    await this.#running;
    await this.#applier.settled();
  }

  /** Has every commit below this place in the log been applied to this process? */
  passed(lsn: bigint): boolean {
    return this.#positions.passed(lsn);
  }

  /** Resolves when it has; rejects with the signal's reason. Without a feed it never does. */
  whenPassed(lsn: bigint, signal?: AbortSignal): Promise<void> {
    if (!this.passed(lsn)) this.#reader?.nudge();
    return this.#positions.whenPassed(lsn, signal);
  }

  /** Is a table, by the name it is watched under, in the stream, and somebody reads it? */
  follows(name: string): boolean {
    return this.#isLogical && this.#tables.covered.some((table) => table.name === name);
  }

  get #isLogical(): boolean {
    return (this.#reader !== undefined || this.#role === 'follower') && this.#coverage.isLive;
  }

  status(): ChangesStatus {
    const isLogical = this.#isLogical;
    const { covered, uncovered, names } = this.#tables;
    return {
      level: isLogical ? 'logical' : 'own-writes',
      role: this.#role,
      roleForMs: this.#ports.system.clock.monotonicMs() - this.#roleSinceMs,
      reason: isLogical ? undefined : (this.#reason ?? 'nothing was heard of the feed for too long'),
      boundMs: isLogical ? trustMs : undefined,
      tables: isLogical ? covered.map(({ name }) => name) : [],
      uncovered: isLogical ? uncovered : [...names],
      ...{ transactions: this.#figures.transactions, late: this.#figures.late, lagMs: quantilesOf(this.#figures.lag) },
      ...{ handOvers: this.#coverage.handOvers, doubts: this.#coverage.doubts, reconnects: this.#reconnects, deposed: this.#deposed },
    };
  }

  report(): HealthReport {
    const { level, role, roleForMs, reason, boundMs, tables, uncovered, lagMs, handOvers, doubts } = this.status();
    const state = this.#failures > 0 || (role === 'follower' && level === 'own-writes') ? 'degraded' : 'up';
    return { state, detail: { level, role, roleForMs, reason, boundMs, tables, uncovered, lagMs, handOvers, doubts } };
  }

  collect(sink: StatSink): void {
    const { level, role, transactions, late, lagMs, handOvers, doubts, reconnects, deposed } = this.status();
    sink.gauge('millrace_changes_followed', 'Whether table changes are seen from whomever they come', level === 'logical' ? 1 : 0);
    sink.gauge('millrace_changes_reading', 'Whether this process reads the log, for itself or for the fleet', role === 'reader' || role === 'alone' ? 1 : 0);
    sink.counter('millrace_changes_transactions_total', 'Transactions that changed rows entities depend on', transactions);
    sink.counter('millrace_changes_late_total', 'Transactions that were decoded before they were visible', late);
    sink.gauge('millrace_changes_lag_p50_seconds', 'From decoding a transaction to its second application everywhere, median', lagMs.p50 / 1000);
    sink.gauge('millrace_changes_lag_p999_seconds', 'The same, 99.9 of 100', lagMs.p999 / 1000);
    sink.counter('millrace_changes_hand_overs_total', 'Times another reader continued without a gap', handOvers);
    sink.counter('millrace_changes_doubts_total', 'Times everything that depends on the tables had to be looked up anew', doubts);
    sink.counter('millrace_changes_reconnects_total', 'Times the stream was begun anew after a loss', reconnects);
    sink.counter('millrace_changes_deposed_total', 'Readers that were ended because nothing was heard of them', deposed);
  }

  #run(): void {
    if (!this.#isStarted || this.#tables.names.size === 0 || this.#stopping.signal.aborted || this.#running) return;
    this.#ports.trust.trustUntil(0); // until a feed covers it, what is loaded lives for seconds only
    this.#running = this.#lives();
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
  async #afterFailure(error: unknown): Promise<number> {
    this.#reason = messageOf(error);
    if (error instanceof Unsupported) {
      this.#failures = 0;
      if (this.#wasFollowed) await this.#coverage.doubt();
      this.#wasFollowed = false;
      this.#coverage.release();
      this.#tables.tellOnce('database.changes.fellBack', error.message, { reason: error.message, sql: error.sql });
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

  /** One life: resolves when it is stopped or another process is to read; rejects when something failed. */
  async #life(): Promise<void> {
    const connection = await this.#ports.connect();
    const over = new AbortController();
    const { promise: ending, resolve, reject } = Promise.withResolvers<void>();
    this.#endLife = (cause) => (cause === undefined ? resolve() : reject(cause));
    if (this.#stopping.signal.aborted) resolve();
    ending.then(
      () => over.abort(),
      () => over.abort(),
    );
    connection.onEnd((cause) => reject(cause ?? new Error('The connection beside the change stream has ended')));
    const ask = oneByOne(connection);
    try {
      await Promise.race([ending, this.#takePart(ask, over.signal)]);
    } finally {
      over.abort();
      const reader = this.#reader;
      this.#reader = undefined;
      this.#enter('candidate');
      await reader?.close();
      connection.destroy();
    }
  }

  async #takePart(ask: Asking, signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports.system;
    while (!(await this.#tables.areThere(ask))) {
      this.#reason = 'no table of an entity exists yet';
      await sleep(clock, lookEveryMs, signal);
    }
    await this.#tables.changed(ask);
    const election = this.#ports.channel && this.#electionOn(this.#ports.channel);
    if (election) this.#enter('follower');
    this.#reason = undefined;
    const standing = election ? await election.stand(ask, signal) : 'alone';
    if (standing) await this.#read(standing, election, ask, signal);
  }

  #electionOn(channel: FleetChannel): Election {
    const { clock } = this.#ports.system;
    return new Election({ clock, channel, coverage: this.#coverage, onDeposed: (reader) => this.#hasDeposed(reader) });
  }

  /** Reads, and begins anew beside the old stream when another set of tables is to be read: the old one goes when the new one has begun. */
  async #read(standing: 'reading' | 'next' | 'alone', election: Election | undefined, ask: Asking, signal: AbortSignal): Promise<void> {
    const sinceMs = this.#ports.system.clock.monotonicMs();
    this.#standing = standing === 'next' ? 'next' : 'reading';
    this.#nextFrom = undefined;
    await this.#begin(ask, signal);
    const isCut = new Promise<never>((_resolve, reject) => {
      this.#cut = reject;
    });
    isCut.catch(() => {}); // heard by the races below, or by nobody when the life ended otherwise
    this.#watch(this.#reader as Reader);
    if (standing === 'next') {
      this.#tell();
      await Promise.race([isCut, election?.untilFirst(ask, signal)]);
    }
    await this.#succeed(standing === 'alone' ? 'alone' : 'reader', sinceMs);
    if (standing === 'next') election?.release(ask, signal).catch(this.#endLife);
    await Promise.race([isCut, this.#followTables(ask, signal)]);
  }

  #cut = (_error: unknown): void => {};

  #watch(reader: Reader): void {
    reader.run().catch((error: unknown) => {
      if (reader === this.#reader) this.#cut(error);
    });
  }

  /** Opens the next stream. What was missed before it began is put in doubt by the first note that tells of it. */
  async #begin(ask: Asking, signal: AbortSignal): Promise<void> {
    const { system } = this.#ports;
    const before = this.#reader;
    const reader: Reader = new LogReader(system.ids.hex(8), {
      clock: system.clock,
      ask,
      figures: this.#figures,
      open: (listener) => this.#openLog(reader.id, listener),
      changesOf: (transaction) => this.#changesOf(transaction),
      apply: (changes) => this.#applier.apply(changes),
      onProgress: () => reader === this.#reader && this.#tell(),
    });
    const stop = (): void => void reader.close();
    signal.addEventListener('abort', stop, { once: true });
    await reader.open().catch(async (error: unknown) => {
      await reader.close();
      throw unsupportedOf(error) ?? error;
    });
    if (before) await this.#positions.whenPassed(reader.from, AbortSignal.any([signal, this.#after(lookEveryMs)])).catch(() => {});
    this.#reader = reader;
    await before?.close();
  }

  async #openLog(id: string, listener: SourceListener): Promise<ChangeSource> {
    return new ChangeStream(await this.#ports.connectReplication(), this.#ports.system.clock, `millrace_${id}`, listener);
  }

  /** From here on others rely on this reader. */
  async #succeed(role: 'reader' | 'alone', sinceMs: number): Promise<void> {
    this.#standing = 'reading';
    const reader = this.#reader as Reader;
    if (reader.from > this.#positions.reached) await this.#ports.trust.doubtShared();
    this.#enter(role);
    this.#failures = 0;
    this.#wasFollowed = true;
    this.#tell();
    const tookMs = this.#ports.system.clock.monotonicMs() - sinceMs;
    this.#ports.events.emit('database.changes.followed', () => ({ tables: this.#tables.covered.map(({ name }) => name), tookMs, role }));
  }

  /** DDL is not in the stream: tables are looked at each second. Those that are new or have another shape are dropped as a whole. */
  async #followTables(ask: Asking, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const changed = await this.#tables.changed(ask);
      if (changed.length > 0) {
        await this.#begin(ask, signal);
        this.#watch(this.#reader as Reader);
        await this.#applier.apply(changed.map((table) => ({ table })));
        this.#tell();
      }
      await sleep(this.#ports.system.clock, lookEveryMs, signal).catch(() => {});
    }
  }

  /** How things stand, to this process and to the others. */
  #tell(): void {
    const { system, channel } = this.#ports;
    const note = this.#note();
    if (!note) return;
    void this.#coverage.hear(note, system.clock.monotonicMs()).catch(this.#endLife);
    if (this.#role !== 'alone') void channel?.say(encodeNote(note));
  }

  #note(): ReaderNote | undefined {
    const reader = this.#reader;
    if (!reader || (this.#standing === 'reading' && this.#role !== 'reader' && this.#role !== 'alone')) return undefined;
    const { id, from, position } = reader;
    return { reader: id, standing: this.#standing, from, position, ageMs: Math.min(reader.ageMs, 1e9), covers: [...this.#marks] };
  }

  #hear(text: string, knownMs: number): void {
    const note = decodeNote(text);
    if (!note) return;
    if (note.standing === 'next') this.#nextFrom = note.from;
    void this.#coverage.hear(note, knownMs).then(() => this.#heard(note), this.#endLife);
  }

  #heard(note: ReaderNote): void {
    if (this.#role === 'alone' && this.#coverage.covers(note)) this.#endLife(undefined);
    if (this.#role !== 'follower' || this.#isFollowing || !this.#coverage.isLive) return;
    this.#isFollowing = true;
    this.#failures = 0;
    this.#wasFollowed = true;
    const tookMs = this.#ports.system.clock.monotonicMs() - this.#roleSinceMs;
    this.#ports.events.emit('database.changes.followed', () => ({ tables: this.#tables.covered.map(({ name }) => name), tookMs, role: 'follower' }));
  }

  /** A reader that goes in order: the next one opens its slot first. */
  async #leave(): Promise<void> {
    const { system, channel } = this.#ports;
    if (this.#role !== 'reader' || !channel || channel.others === 0) return;
    this.#nextFrom = undefined;
    this.#standing = 'leaving';
    this.#tell();
    const sinceMs = system.clock.monotonicMs();
    for (;;) {
      const waitedMs = system.clock.monotonicMs() - sinceMs;
      if (!this.#reader || channel.others === 0 || waitedMs > (this.#nextFrom === undefined ? leaveMs.silent : leaveMs.longest)) return;
      if (this.#nextFrom !== undefined && this.#nextFrom <= this.#reader.position) break;
      this.#reader.nudge();
      await sleep(system.clock, stepMs);
    }
    const note = this.#note();
    if (note) await channel.say(encodeNote(note));
  }

  #changesOf({ changes }: CommittedTransaction): readonly ChangedRows[] {
    return changes.flatMap((change) => this.#tables.namesOf(change).map((table) => ({ table, rows: rowsToMap(change) })));
  }

  #couldNotApply(error: unknown): void {
    this.#reader?.fail();
    this.#ports.events.emit('database.changes.failed', () => ({ reason: messageOf(error) }));
    this.#endLife(error);
  }

  #hasDeposed(reader: string): void {
    this.#deposed++;
    this.#ports.events.emit('database.changes.deposed', () => ({ reader, silentMs: this.#coverage.silentMs }));
  }

  #enter(role: ChangesRole): void {
    if (role === this.#role) return;
    this.#role = role;
    this.#isFollowing = false;
    this.#roleSinceMs = this.#ports.system.clock.monotonicMs();
  }

  /** Aborts after so long. */
  #after(ms: number): AbortSignal {
    const limit = new AbortController();
    this.#ports.system.clock.after(ms, () => limit.abort());
    return limit.signal;
  }
}

function quantilesOf(lag: Histogram): ChangesStatus['lagMs'] {
  const ms = (q: number): number => (lag.count === 0 ? Number.NaN : lag.quantile(q) / 1000);
  return { p50: ms(0.5), p95: ms(0.95), p999: ms(0.999) };
}
