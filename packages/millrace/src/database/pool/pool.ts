/**
 * The pool. Callers wait only for the pool, never for a connection of their own: whichever connection comes free first serves the caller who
 * is first in line, and new connections are opened in the background while anybody waits. A burst that is over before the first of them is
 * ready has cost one connection, not one each (HikariCP, "Welcome to the Jungle"). They are opened one at a time; each that still finds somebody
 * waiting doubles how many may be opened at once, up to eight, so that lasting demand is met quickly all the same.
 *
 * A connection is idle, lent, tidying (being checked or cleaned) or closing. It becomes idle or is lent only with the transaction status `I` and
 * with no session state that the pool knows of.
 */
import { type CallContext, everyMs, rootContext, type StatSink, StoppedError } from '../../kernel/index.ts';
import { durationBounds, Histogram } from '../../telemetry/index.ts';
import type { Connection } from '../driver/index.ts';
import { DatabaseUnavailableError, type Holder, PoolBusyError } from '../errors.ts';
import type { ClosedReason } from '../events.ts';
import { Lease, type Lender } from './lease.ts';
import type { ResolvedPoolOptions } from './options.ts';
import { Outage } from './outage.ts';
import type { PoolPorts } from './ports.ts';
import type { Running } from './running.ts';
import { Slot } from './slot.ts';
import type { PoolStats } from './stats.ts';
import { TraceMemory } from './traces.ts';
import { Waiter, Waiters } from './waiters.ts';
import { within } from './within.ts';

const sweepEveryMs = 60_000;
const trustedIdleMs = 500;
const tidyLimitMs = 5000;
const closeLimitMs = 1000;
const connectGraceMs = 1000;
const overheldAfterMs = 30_000;
const mostConnectsAtOnce = 8;
const mostHolders = 5;

export class ConnectionPool implements Lender {
  readonly options: ResolvedPoolOptions;
  isBehindPooler = false;
  readonly #ports: PoolPorts;
  readonly #slots: Set<Slot> = new Set();
  readonly #lent: Map<Lease, Slot> = new Map();
  /** The one used last is taken first, so that what is not needed grows old. */
  readonly #idle: Slot[] = [];
  readonly #waiters: Waiters<Lease>;
  readonly #traces: TraceMemory = new TraceMemory();
  readonly #outage: Outage = new Outage();
  readonly #waits: Histogram = new Histogram();
  readonly #closing: Set<Promise<void>> = new Set();
  #connecting = 0;
  /** Connections that are being checked or cleaned: they serve somebody in a moment. */
  #tidying = 0;
  #connectsAtOnce = 1;
  #state: 'new' | 'running' | 'stopped' = 'new';
  #stopSweep: () => void = () => {};
  #stopping: AbortController = new AbortController();
  #cancelRetry: (() => void) | undefined = undefined;
  #isExhausted = false;
  #hasAskedForPooler = false;
  #onAtRest: (() => void) | undefined = undefined;
  #opened = 0;
  #closed = 0;
  #connectFailures = 0;
  #acquired = 0;
  #timeouts = 0;
  #cleaned = 0;
  readonly #cancels: { cancelled: number; finished: number; destroyed: number } = { cancelled: 0, finished: 0, destroyed: 0 };

  constructor(options: ResolvedPoolOptions, ports: PoolPorts) {
    this.options = options;
    this.#ports = ports;
    this.#waiters = new Waiters(
      (limitMs) => this.#busy(limitMs),
      () => this.#nobodyWaits(),
    );
  }

  /** Opens the first connection, or throws why it cannot; the others up to the minimum follow in the background. */
  async start(): Promise<void> {
    if (this.#state === 'running') return;
    this.#state = 'running';
    this.#stopping = new AbortController();
    this.#stopSweep = everyMs(this.#ports.system.clock, sweepEveryMs, () => this.sweep());
    try {
      (await this.acquire(rootContext(this.#ports.system, 'database.start'), 'database.start')).release();
    } catch (error) {
      await this.drain(0);
      throw error;
    }
  }

  /** A connection: at once where one is free, else within the acquire timeout. */
  acquire(context: CallContext, operation: string): Promise<Lease> {
    if (this.#state !== 'running') return Promise.reject(new StoppedError('The database pool'));
    if (!context.isAborted && context.deadlineMs > this.#nowMs()) {
      const slot = this.#takeTrusted();
      if (slot) return Promise.resolve(this.#lend(slot, operation));
    }
    return new Promise((resolve, reject) => this.#wait(context, operation, resolve, reject));
  }

  takeBack(lease: Lease, isUsable: boolean): void {
    const slot = this.#lent.get(lease);
    this.#lent.delete(lease);
    // A connection that was lost while it was lent has left the pool already.
    if (!slot || !this.#slots.has(slot)) return;
    slot.lease = undefined;
    this.#settle(slot, lease, isUsable);
  }

  leavesTraces(text: string): boolean {
    return this.#traces.leavesTraces(text);
  }

  cancelled(running: Running, reason: unknown, outcome: 'cancelled' | 'finished' | 'destroyed', tookMs: number): void {
    this.#cancels[outcome]++;
    this.#ports.events.emit('database.statement.cancelled', () => ({
      statement: running.context.operation,
      reason: reason instanceof Error ? reason.name : 'aborted',
      outcome,
      tookMs,
    }));
  }

  /** Closes what has been idle too long or lived too long, reports long holds. Runs every 60 s by itself. */
  sweep(): void {
    const nowMs = this.#nowMs();
    for (const slot of [...this.#idle]) {
      if (nowMs >= slot.expiresMs) this.#close(slot, 'lifetime');
      else if (nowMs - slot.idleSinceMs >= this.options.idleTimeoutMs && this.#slots.size > this.options.minConnections) this.#close(slot, 'idle');
    }
    for (const lease of this.#lent.keys()) this.#reportOverheld(lease, nowMs);
    this.#grow();
  }

  /** Who holds the connections, the longest first. */
  holders(): readonly Holder[] {
    const nowMs = this.#nowMs();
    const found = new Map<string, { operation: string; connections: number; longestMs: number; isIdleInTransaction: boolean }>();
    for (const lease of this.#lent.keys()) {
      const known = found.get(lease.operation) ?? { operation: lease.operation, connections: 0, longestMs: 0, isIdleInTransaction: false };
      known.connections++;
      known.longestMs = Math.max(known.longestMs, nowMs - lease.sinceMs);
      known.isIdleInTransaction ||= !lease.isBusy && lease.connection.transactionStatus !== 'I';
      found.set(lease.operation, known);
    }
    return [...found.values()].sort((a, b) => b.longestMs - a.longestMs).slice(0, mostHolders);
  }

  /** Takes no more callers, lets those it has finish within `limitMs`, then refuses who still waits and cuts what still runs. Twice is harmless. */
  async drain(limitMs: number): Promise<void> {
    this.#state = 'stopped';
    this.#stopSweep();
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    await this.#atRest(limitMs);
    this.#waiters.failAll(new StoppedError('The database pool'));
    for (const lease of [...this.#lent.keys()]) lease.revoke(new StoppedError('The database pool'));
    this.#stopping.abort(new StoppedError('The database pool'));
    for (const slot of [...this.#slots]) this.#close(slot, 'stopped');
    await Promise.all(this.#closing);
  }

  stats(): PoolStats {
    const inUse = this.#inUse();
    const waits = this.#waits;
    return {
      total: this.#slots.size,
      idle: this.#idle.length,
      inUse,
      connecting: this.#connecting,
      waiting: this.#waiters.size,
      minConnections: this.options.minConnections,
      maxConnections: this.options.maxConnections,
      utilisation: inUse / this.options.maxConnections,
      opened: this.#opened,
      closed: this.#closed,
      connectFailures: this.#connectFailures,
      acquired: this.#acquired,
      waited: waits.count,
      waitMeanMs: waits.count === 0 ? 0 : waits.mean / 1000,
      waitP95Ms: waits.count === 0 ? 0 : waits.quantile(0.95) / 1000,
      waitMaxMs: waits.count === 0 ? 0 : waits.max / 1000,
      timeouts: this.#timeouts,
      cleaned: this.#cleaned,
      cancels: { ...this.#cancels },
      isBehindPooler: this.isBehindPooler,
      isDown: this.#outage.isOn && this.#slots.size === 0,
    };
  }

  collect(sink: StatSink): void {
    const { idle, inUse, waiting, total, maxConnections, opened, connectFailures, timeouts, cancels } = this.stats();
    const help = 'Connections and callers of the database pool now';
    for (const [type, value] of Object.entries({ idle, active: inUse, waiting, total, max: maxConnections }))
      sink.gauge('db_connections', help, value, { type });
    sink.counter('millrace_database_connections_opened_total', 'Connections opened', opened);
    sink.counter('millrace_database_connection_errors_total', 'Attempts to connect that failed', connectFailures);
    sink.counter('millrace_database_pool_timeouts_total', 'Callers that got no connection in time', timeouts);
    for (const [outcome, count] of Object.entries(cancels))
      sink.counter('millrace_database_cancels_total', 'Statements cut off, by how they ended', count, { outcome });
    sink.histogram('millrace_database_pool_wait_seconds', 'Wait for a connection, of callers that had to wait', this.#waits.inSeconds(), durationBounds);
  }

  // Waiting ----------------------------------------------------------------------------------------------------------------

  #wait(context: CallContext, operation: string, resolve: (lease: Lease) => void, reject: (error: unknown) => void): void {
    const unavailable = this.#unavailable();
    const refusal = unavailable && this.#cancelRetry ? unavailable : undefined;
    if (refusal ?? (this.#waiters.size >= this.options.maxWaiters && !this.#makeRoom(context.priority))) {
      reject(refusal ?? this.#busy(0));
      return;
    }
    const waiter = new Waiter<Lease>(this.#waiters, context, operation, this.options.acquireTimeoutMs, resolve, reject);
    if (!waiter.join()) return;
    const stale = this.#idle.pop();
    if (stale) void this.#validate(stale);
    else this.#tellExhausted();
    this.#grow();
  }

  /** Lets the least urgent go for somebody more urgent. */
  #makeRoom(priority: number): boolean {
    const last = this.#waiters.last;
    if (!last || last.context.priority >= priority) return false;
    last.fail(this.#busy(this.#nowMs() - last.sinceMs));
    return true;
  }

  #busy(limitMs: number): Error {
    this.#timeouts++;
    const unavailable = this.#unavailable();
    return unavailable ?? new PoolBusyError(limitMs, this.#inUse(), this.options.maxConnections, this.#waiters.size, this.holders());
  }

  /** The server is away and there is no open connection that could still come free. */
  #unavailable(): Error | undefined {
    const { failures, isHopeless, error, sinceMs, reason } = this.#outage;
    if (this.#slots.size > 0 || (failures < this.options.connectAttempts && !(failures > 0 && isHopeless))) return undefined;
    if (isHopeless) return error as Error;
    return new DatabaseUnavailableError(this.#ports.driver.address, reason, failures, this.#nowMs() - sinceMs, { cause: error });
  }

  #nobodyWaits(): void {
    this.#isExhausted = false;
    this.#connectsAtOnce = 1;
    this.#restCheck();
  }

  #tellExhausted(): void {
    if (this.#isExhausted || this.#slots.size < this.options.maxConnections) return;
    this.#isExhausted = true;
    const event = { inUse: this.#inUse(), maxConnections: this.options.maxConnections, waiting: this.#waiters.size, holders: this.holders() };
    this.#ports.events.emit('database.pool.exhausted', () => event);
  }

  // Lending and taking back ------------------------------------------------------------------------------------------------

  /** An idle connection that needs no check. */
  #takeTrusted(): Slot | undefined {
    const slot = this.#idle.at(-1);
    if (!slot || this.#nowMs() - slot.idleSinceMs > trustedIdleMs) return undefined;
    this.#idle.pop();
    return slot;
  }

  #lend(slot: Slot, operation: string): Lease {
    const lease = new Lease(this, slot.connection, operation, this.#nowMs());
    slot.state = 'lent';
    slot.lease = lease;
    this.#lent.set(lease, slot);
    this.#acquired++;
    return lease;
  }

  /** To the first in line, else to the idle ones. */
  #offer(slot: Slot): void {
    // The pool was stopped while it was being checked or cleaned.
    if (!this.#slots.has(slot)) return;
    const waiter = this.#waiters.first;
    if (waiter) {
      this.#waits.record((this.#nowMs() - waiter.sinceMs) * 1000);
      waiter.serve(this.#lend(slot, waiter.operation));
    } else if (this.#state === 'stopped') {
      this.#close(slot, 'stopped');
    } else {
      slot.state = 'idle';
      slot.idleSinceMs = this.#nowMs();
      this.#idle.push(slot);
    }
  }

  /** Decides what becomes of a connection that came back. */
  #settle(slot: Slot, lease: Lease, isUsable: boolean): void {
    const { connection } = slot;
    slot.state = 'tidying';
    if (!isUsable || !connection.isOpen) this.#close(slot, connection.isOpen ? 'error' : 'lost');
    else if (connection.transactionStatus !== 'I' || lease.hasTraces || !slot.isClean) void this.#clean(slot, lease);
    else if (this.#nowMs() >= slot.expiresMs) this.#close(slot, 'lifetime');
    else this.#offer(slot);
  }

  /** ROLLBACK, then DISCARD ALL where the session may have changed. What does not end clean is closed. */
  async #clean(slot: Slot, { operation, hasTraces }: Lease): Promise<void> {
    const { connection } = slot;
    const { clock } = this.#ports.system;
    const found = connection.transactionStatus === 'I' ? 'session' : 'transaction';
    this.#cleaned++;
    this.#tidying++;
    this.#ports.events.emit('database.connection.cleaned', () => ({ operation, found }));
    try {
      if (found === 'transaction') await within(clock, tidyLimitMs, connection.query({ text: 'rollback', isPlain: true }));
      if (hasTraces || !slot.isClean) {
        await within(clock, tidyLimitMs, connection.query({ text: 'discard all', isPlain: true }));
        connection.forgetNames();
        slot.cleanSettings = connection.settingsReported;
      }
    } catch {
      connection.destroy(); // why it failed does not matter: what cannot be cleaned is not handed on
    }
    this.#tidying--;
    if (connection.isOpen && connection.transactionStatus === 'I') this.#offer(slot);
    else this.#close(slot, 'dirty');
  }

  /** Asks an idle connection whether it still lives, then offers it. One that does not makes the others of its age suspect. */
  async #validate(slot: Slot): Promise<void> {
    const { connection } = slot;
    slot.state = 'tidying';
    this.#tidying++;
    const limitMs = Math.min(1000, this.options.acquireTimeoutMs);
    try {
      await within(this.#ports.system.clock, limitMs, connection.query({ text: this.options.validationQuery, isPlain: true }));
      if (connection.transactionStatus !== 'I' || !slot.isClean) throw new Error('the validation query left something behind');
      this.#tidying--;
    } catch {
      // A failed check is the answer, not an error: the connection goes, and the callers get others.
      this.#tidying--;
      this.#close(slot, 'invalid');
      for (const other of [...this.#idle]) if (this.#nowMs() - other.idleSinceMs > trustedIdleMs) this.#close(other, 'invalid');
      this.#grow();
      return;
    }
    this.#offer(slot);
  }

  #reportOverheld(lease: Lease, nowMs: number): void {
    const longestMs = nowMs - lease.sinceMs;
    if (lease.isReported || longestMs < overheldAfterMs) return;
    lease.isReported = true;
    const isIdleInTransaction = !lease.isBusy && lease.connection.transactionStatus !== 'I';
    this.#ports.events.emit('database.connection.overheld', () => ({ operation: lease.operation, connections: 1, longestMs, isIdleInTransaction }));
  }

  // Opening and closing ----------------------------------------------------------------------------------------------------

  /** Opens connections while callers wait or the minimum is not reached. During an outage one attempt at a time, with a pause before each. */
  #grow(): void {
    if (this.#state === 'new' || this.#cancelRetry) return;
    const { minConnections, maxConnections } = this.options;
    const most = this.#outage.isOn ? 1 : this.#connectsAtOnce;
    while (this.#connecting < most && this.#slots.size + this.#connecting < maxConnections) {
      const isNeeded =
        this.#waiters.size > this.#connecting + this.#tidying || (this.#state === 'running' && this.#slots.size + this.#connecting < minConnections);
      if (!isNeeded) return;
      this.#connecting++;
      void this.#connect();
    }
  }

  async #connect(): Promise<void> {
    const sinceMs = this.#nowMs();
    try {
      const connection = await this.#open();
      await this.#askForPooler(connection);
      this.#connecting--;
      this.#connected(connection, sinceMs);
    } catch (error) {
      this.#connecting--;
      this.#connectFailed(error);
    }
    this.#grow();
    this.#restCheck();
  }

  /** A driver that keeps to its limit needs no second one; from one that does not, what comes too late is closed. */
  async #open(): Promise<Connection> {
    const { driver, system } = this.#ports;
    const limitMs = this.options.acquireTimeoutMs;
    const { signal } = this.#stopping;
    const opening = driver.connect(limitMs, signal);
    try {
      return await within(system.clock, limitMs + connectGraceMs, opening, signal);
    } catch (error) {
      opening.then(
        (late) => late.destroy(),
        () => {}, // the failure is the one that is thrown here, or comes after it
      );
      throw error;
    }
  }

  #connected(connection: Connection, sinceMs: number): void {
    const nowMs = this.#nowMs();
    this.#opened++;
    if (this.#outage.isOn) {
      const awayMs = nowMs - this.#outage.sinceMs;
      this.#ports.events.emit('database.server.returned', () => ({ address: this.#ports.driver.address, awayMs }));
    }
    this.#outage.over();
    const slot = new Slot(connection, nowMs, nowMs + this.options.maxLifetimeMs * (1 - this.#ports.system.random.next() / 10));
    this.#slots.add(slot);
    connection.onEnd(() => this.#close(slot, 'lost'));
    connection.onNotice(({ severity, code, message }) => this.#ports.events.emit('database.notice.received', () => ({ severity, sqlState: code, message })));
    this.#ports.events.emit('database.connection.opened', () => ({ processId: connection.processId, tookMs: nowMs - sinceMs, total: this.#slots.size }));
    this.#connectsAtOnce = this.#waiters.size > 1 ? Math.min(mostConnectsAtOnce, this.#connectsAtOnce * 2) : 1;
    if (!connection.isOpen) this.#close(slot, 'lost');
    else this.#offer(slot);
  }

  #connectFailed(error: unknown): void {
    const { system, events, driver } = this.#ports;
    this.#connectFailures++;
    const nextInMs = this.#outage.failed(error, this.#nowMs(), system.random);
    const { failures, reason } = this.#outage;
    if (failures === 1) events.emit('database.server.lost', () => ({ address: driver.address, reason }));
    events.emit('database.connection.failed', () => ({ address: driver.address, reason, failures, nextInMs }));
    const unavailable = this.#unavailable();
    if (unavailable) this.#waiters.failAll(unavailable);
    if (this.#state === 'stopped') return;
    this.#cancelRetry ??= system.clock.background(nextInMs, () => {
      this.#cancelRetry = undefined;
      this.#grow();
    });
  }

  /** Once per pool: behind a transaction pooler the process that answers is not the one that greeted. */
  async #askForPooler(connection: Connection): Promise<void> {
    if (this.#hasAskedForPooler) return;
    const asked = connection.query({ text: 'select pg_backend_pid() as "processId"' });
    const { rows } = await within(this.#ports.system.clock, tidyLimitMs, asked).catch((error: unknown) => {
      connection.destroy();
      throw error;
    });
    this.#hasAskedForPooler = true;
    this.isBehindPooler = (rows[0] as { readonly processId: number }).processId !== connection.processId;
    if (this.isBehindPooler) this.#ports.events.emit('database.pooler.noticed', () => ({ address: this.#ports.driver.address }));
  }

  #close(slot: Slot, reason: ClosedReason): void {
    if (!this.#slots.delete(slot)) return;
    const { connection } = slot;
    slot.state = 'closing';
    const index = this.#idle.indexOf(slot);
    if (index >= 0) this.#idle.splice(index, 1);
    this.#closed++;
    this.#ports.events.emit('database.connection.closed', () => ({
      processId: connection.processId,
      reason,
      ageMs: this.#nowMs() - slot.openedMs,
      total: this.#slots.size,
    }));
    if (connection.isOpen) this.#sayGoodbye(connection, reason);
    this.#grow();
    this.#restCheck();
  }

  #sayGoodbye(connection: Connection, reason: ClosedReason): void {
    if (reason !== 'idle' && reason !== 'lifetime' && reason !== 'stopped') {
      connection.destroy();
      return;
    }
    const gone = within(this.#ports.system.clock, closeLimitMs, connection.end()).catch(() => connection.destroy());
    this.#closing.add(gone);
    void gone.then(() => this.#closing.delete(gone));
  }

  // The stop ---------------------------------------------------------------------------------------------------------------

  #atRest(limitMs: number): Promise<void> {
    if (this.#isAtRest() || limitMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#ports.system.clock.after(limitMs, () => this.#onAtRest?.());
      this.#onAtRest = () => {
        cancel();
        this.#onAtRest = undefined;
        resolve();
      };
    });
  }

  #restCheck(): void {
    if (this.#onAtRest && this.#isAtRest()) this.#onAtRest();
  }

  #isAtRest(): boolean {
    return this.#waiters.size === 0 && this.#connecting === 0 && this.#idle.length === this.#slots.size;
  }

  #inUse(): number {
    let count = 0;
    for (const slot of this.#slots) if (slot.state === 'lent') count++;
    return count;
  }

  #nowMs(): number {
    return this.#ports.system.clock.monotonicMs();
  }
}
