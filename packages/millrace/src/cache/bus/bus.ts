import { type EventSink, everyMs, type Lifecycle, messageOf, type StatSink, type StatSource, type System } from '../../kernel/index.ts';
import type { CacheEvents } from '../events.ts';
import type { Target } from '../tiers/index.ts';
import { type BusMessage, decodeMessage, encodeMessage, mostTargets, portionsOf } from './message.ts';
import type { BusTransport } from './transport.ts';

/*
 * Tells every process of a fleet what was invalidated in one of them. Channels such as pub/sub lose messages, so nothing here believes that what was sent has
 * arrived:
 *
 * - Messages are numbered by their sender. A number that is skipped is a message that was lost: everything in memory is then looked up anew before it is given.
 * - Everybody sends a heartbeat each second, so that a lost message is noticed within that time even when nothing more is sent.
 * - A process must hear its *own* heartbeats: they prove the whole way there and back. Five seconds after the last one it heard was sent, it trusts its memory no
 *   longer. That is asked at each read, not by a timer, since a process that was stopped for a minute reads before its timers run.
 * - When a connection comes back, and when a sender turns up in the middle of his numbers, something may have been missed: everything is looked up anew.
 */

const heartbeatMs = 1000;
const trustMs = 5000;
/** Invalidations of so many ms go in one message. */
const coalesceMs = 2;
const mostPortions = 16;
const mostSenders = 1000;
const silentMs = 3_600_000;
const aliveMs = 3000;

/** What the bus does to the cache it belongs to. */
export interface BusTarget {
  /** Drops it from memory, as if it had been invalidated here. */
  apply(target: Target): void;
  /** Nothing in memory is given any more without being looked up anew. */
  doubtAll(): void;
  /** This process could not hear itself for so long, and the others perhaps neither: what they had to tell a shared tier may be missing there. */
  wasAway(ms: number): void;
  /** Has every tier that others use too been told all that was dropped here? */
  isTold(): boolean;
  /** Memory may be given until then, monotonic ms. */
  trustUntil(ms: number): void;
}

export interface BusPorts {
  readonly system: System;
  readonly events: EventSink<CacheEvents>;
}

export interface BusStats {
  readonly sent: number;
  readonly heard: number;
  readonly failed: number;
  /** Messages that must have been lost, as their sender's numbers say. */
  readonly gaps: number;
  /** Times everything in memory was doubted. */
  readonly doubts: number;
  readonly senders: number;
  /** How long a message of one's own was on its way, newest, ms; NaN before the first. */
  readonly lagMs: number;
}

interface Sender {
  last: number;
  heardMs: number;
}

export class InvalidationBus implements Lifecycle, StatSource {
  readonly name = 'cache bus';
  readonly #transport: BusTransport;
  readonly #target: BusTarget;
  readonly #system: System;
  readonly #events: EventSink<CacheEvents>;
  readonly #id: string;
  readonly #senders: Map<string, Sender> = new Map();
  /** When each of our messages that has not come back yet was sent. */
  readonly #sentMs: Map<number, number> = new Map();
  #number = 0;
  #waiting: Target[] = [];
  #note: string | undefined;
  #flush: Promise<void> | undefined;
  #onNote: (note: string, knownMs: number) => void = () => {};
  #undo: (() => void | Promise<void>)[] = [];
  #sent = 0;
  #heard = 0;
  #failed = 0;
  #gaps = 0;
  #doubts = 0;
  #lagMs = Number.NaN;
  #isFailing = false;
  /** When the newest of our own messages that came back was sent. */
  #heardSentMs: number | undefined = undefined;

  constructor(transport: BusTransport, target: BusTarget, { system, events }: BusPorts) {
    this.#transport = transport;
    this.#target = target;
    this.#system = system;
    this.#events = events;
    this.#id = system.ids.hex(8);
    target.trustUntil(0);
  }

  /** Listens first, then speaks: what is invalidated between the two is heard. Memory is trusted once the first heartbeat has come back. */
  async start(): Promise<void> {
    if (this.#undo.length > 0) return;
    this.#undo.push(await this.#transport.subscribe((message) => this.#hear(message)));
    this.#undo.push(this.#transport.onRestored(() => this.#doubt('restored')));
    this.#undo.push(everyMs(this.#system.clock, heartbeatMs, () => this.#send([])));
    await this.#send([]);
  }

  /** Says what still waits, and leaves. Memory is not trusted afterwards: nobody tells it anything. */
  async stop(): Promise<void> {
    await this.#flush;
    for (const undo of this.#undo.splice(0)) await undo();
    this.#target.trustUntil(0);
  }

  /** Resolves when it has been handed to the channel, or could not be: then the number tells the others. Never rejects. */
  announce(target: Target): Promise<void> {
    this.#waiting.push(target);
    return this.#sendSoon();
  }

  /** Says it with the next message. Of two that wait the newer one is said: a note tells how things stand. Who hears it has heard all that was announced before. */
  say(note: string): Promise<void> {
    // A note vouches for what was announced. While a tier that the others read lacks some of it, nobody here vouches for anything.
    if (!this.#target.isTold()) return Promise.resolve();
    this.#note = note;
    return this.#sendSoon();
  }

  /** Hears the notes of the others. `knownMs`: when the channel was last known to work, there and back, monotonic ms; the note was sent after that. */
  onNote(listener: (note: string, knownMs: number) => void): void {
    this.#onNote = listener;
  }

  /** When the newest of our own messages that came back was sent. */
  get knownMs(): number | undefined {
    return this.#heardSentMs;
  }

  /** Other processes that were heard a moment ago. */
  get others(): number {
    const sinceMs = this.#system.clock.monotonicMs() - aliveMs;
    return [...this.#senders].filter(([sender, { heardMs }]) => sender !== this.#id && heardMs >= sinceMs).length;
  }

  #sendSoon(): Promise<void> {
    this.#flush ??= new Promise((resolve) => {
      this.#system.clock.after(coalesceMs, () => {
        const targets = this.#waiting;
        this.#waiting = [];
        this.#flush = undefined;
        resolve(this.#sendAll(targets));
      });
    });
    return this.#flush;
  }

  stats(): BusStats {
    const [sent, heard, failed, gaps, doubts, lagMs] = [this.#sent, this.#heard, this.#failed, this.#gaps, this.#doubts, this.#lagMs];
    return { sent, heard, failed, gaps, doubts, senders: this.#senders.size, lagMs };
  }

  collect(sink: StatSink): void {
    sink.counter('millrace_cache_bus_sent_total', 'Messages sent to the other processes', this.#sent);
    sink.counter('millrace_cache_bus_heard_total', 'Messages heard from other processes', this.#heard);
    sink.counter('millrace_cache_bus_gaps_total', 'Messages that were lost, as their numbers say', this.#gaps);
    sink.counter('millrace_cache_bus_doubts_total', 'Times everything in memory had to be looked up anew', this.#doubts);
  }

  /** In as few messages as the channel allows; where they would be many, everything is said in one word. */
  async #sendAll(targets: readonly Target[]): Promise<void> {
    const portions =
      targets.length > mostTargets ? undefined : portionsOf(targets, this.#transport.longestMessageBytes ?? Number.POSITIVE_INFINITY, mostPortions);
    const note = this.#note;
    this.#note = undefined;
    const [first, ...more] = portions ?? ['all' as const];
    const isShort = targets.length === 0 || this.#transport.longestMessageBytes === undefined;
    await Promise.all([this.#send(first ?? [], isShort ? note : undefined), ...more.map((portion) => this.#send(portion))]);
    if (!isShort && note !== undefined) await this.#send([], note);
  }

  async #send(targets: readonly Target[] | 'all', note?: string): Promise<void> {
    const number = ++this.#number;
    this.#noteSent(number);
    try {
      await this.#transport.publish(encodeMessage({ sender: this.#id, number, targets, note }));
      this.#sent++;
      this.#isFailing = false;
    } catch (error) {
      this.#failed++;
      if (this.#isFailing) return;
      this.#isFailing = true;
      this.#events.emit('cache.bus.failed', () => ({ transport: this.#transport.name, reason: messageOf(error) }));
    }
  }

  #noteSent(number: number): void {
    this.#sentMs.set(number, this.#system.clock.monotonicMs());
    this.#sentMs.delete(number - mostSenders);
  }

  #hear(text: string): void {
    const message = decodeMessage(text);
    if (!message) {
      this.#doubt('stranger');
      return;
    }
    const { sender, number, targets, note } = message;
    const isOwn = sender === this.#id;
    this.#follow(sender, number, isOwn);
    if (isOwn) this.#trust(number);
    else this.#obey(targets);
    if (note !== undefined && !isOwn && this.#heardSentMs !== undefined) this.#onNote(note, this.#heardSentMs);
  }

  #obey(targets: BusMessage['targets']): void {
    this.#heard++;
    if (targets === 'all') this.#doubt('all');
    else for (const target of targets) this.#target.apply(target);
  }

  /** Holds a sender to his numbers. */
  #follow(sender: string, number: number, isOwn: boolean): void {
    const nowMs = this.#system.clock.monotonicMs();
    const known = this.#senders.get(sender);
    if (known) {
      const missed = number - known.last - 1;
      if (missed > 0) this.#missed(missed);
      known.last = Math.max(known.last, number);
      known.heardMs = nowMs;
      return;
    }
    if (number > 1 && !isOwn) this.#doubt('unknown sender');
    if (this.#senders.size >= mostSenders) this.#forgetSilent(nowMs);
    this.#senders.set(sender, { last: number, heardMs: nowMs });
  }

  #missed(count: number): void {
    this.#gaps += count;
    this.#doubt('gap');
  }

  #forgetSilent(nowMs: number): void {
    const oldest = [...this.#senders].sort(([, a], [, b]) => a.heardMs - b.heardMs);
    for (const [sender, { heardMs }] of oldest) if (nowMs - heardMs > silentMs || this.#senders.size >= mostSenders) this.#senders.delete(sender);
  }

  #trust(number: number): void {
    const sentMs = this.#sentMs.get(number);
    if (sentMs === undefined) return;
    this.#sentMs.delete(number);
    this.#lagMs = this.#system.clock.monotonicMs() - sentMs;
    if (this.#heardSentMs !== undefined) this.#target.wasAway(sentMs - this.#heardSentMs);
    this.#heardSentMs = sentMs;
    this.#target.trustUntil(sentMs + trustMs);
  }

  #doubt(because: 'restored' | 'gap' | 'unknown sender' | 'stranger' | 'all'): void {
    this.#doubts++;
    this.#target.doubtAll();
    this.#events.emit('cache.memory.doubted', () => ({ because }));
  }
}
