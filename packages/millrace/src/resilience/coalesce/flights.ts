import {
  AbortedError,
  type AbortLink,
  CallContext,
  type CallIdentity,
  DeadlineEntry,
  DeadlineError,
  type EventSink,
  runInContext,
  silent,
} from '../../kernel/index.ts';
import { CoalesceLoopError } from './errors.ts';
import type { CoalesceEvents } from './events.ts';
import { type CoalesceOptions, resolveCoalesceOptions } from './options.ts';

export interface CoalescePorts {
  readonly events?: EventSink<CoalesceEvents> | undefined;
}

/** Counts since the beginning, and what is on its way now. */
export interface CoalesceStats {
  readonly calls: number;
  /** Runs that were begun; `calls - runs` is the work that was saved. */
  readonly runs: number;
  /** Runs whose last caller left before they ended. */
  readonly abandoned: number;
  /** Runs begun beside the map because it was full. */
  readonly bypassed: number;
  /** Keys on their way now. */
  readonly inFlight: number;
}

/**
 * The process's single flight. Whoever asks for a key that is on its way joins that run.
 *
 * A run belongs to nobody: it gets a context of its own, which no caller's abort or deadline reaches, and is made the running context, so that what the
 * work calls takes its limits from there too. Every caller waits by itself (`Caller`), on its own limits; when nobody waits any more the run is aborted.
 * A run ends its entry in the map itself, so the map holds what is on its way and nothing else.
 */
export class Flights<Key, Out> {
  readonly #flights: Map<Key, Flight<Out>> = new Map();
  readonly #maxKeys: number;
  readonly #events: EventSink<CoalesceEvents>;
  #calls = 0;
  #runs = 0;
  #abandoned = 0;
  #bypassed = 0;

  constructor(options?: CoalesceOptions, { events = silent }: CoalescePorts = {}) {
    this.#maxKeys = resolveCoalesceOptions(options).maxKeys;
    this.#events = events;
  }

  /** Keys on their way. */
  get size(): number {
    return this.#flights.size;
  }

  /** True where `run` would join. */
  has(key: Key): boolean {
    return this.#flights.has(key);
  }

  /** Joins the run of `key`, or begins it with `work`, which gets the run's own context. */
  run(key: Key, work: (shared: CallContext) => Promise<Out>, context: CallContext): Promise<Out> {
    this.#calls++;
    const left = leftBefore(context);
    if (left) return Promise.reject(left.reason);
    const known = this.#flights.get(key);
    if (!known) return this.#begin(key, work, context);
    const depth = depthWithin(known, context.identity);
    return depth > 0 ? Promise.reject(new CoalesceLoopError(context.operation, depth)) : known.join(context);
  }

  /** Those who wait keep their run; whoever asks next begins a new one. For when the run's answer may be outdated. */
  forget(key: Key): boolean {
    return this.#flights.delete(key);
  }

  /** The same for every key. */
  forgetAll(): void {
    this.#flights.clear();
  }

  stats(): CoalesceStats {
    return { calls: this.#calls, runs: this.#runs, abandoned: this.#abandoned, bypassed: this.#bypassed, inFlight: this.#flights.size };
  }

  #begin(key: Key, work: (shared: CallContext) => Promise<Out>, context: CallContext): Promise<Out> {
    const flight: Flight<Out> = new Flight(context, (abandoned) => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
      if (abandoned) this.#tellAbandoned(flight);
    });
    this.#runs++;
    if (this.#flights.size < this.#maxKeys) this.#flights.set(key, flight);
    else this.#tellBypassed(context);
    const answer = flight.join(context);
    flight.start(work);
    return answer;
  }

  #tellAbandoned(flight: Flight<Out>): void {
    const { operation, correlationId, system } = flight.context;
    this.#abandoned++;
    const ranMs = system.clock.monotonicMs() - flight.startedMs;
    this.#events.emit('resilience.flight.abandoned', () => ({ operation, callers: flight.joined, ranMs, correlationId }));
  }

  #tellBypassed({ operation, correlationId }: CallContext): void {
    this.#bypassed++;
    this.#events.emit('resilience.flight.bypassed', () => ({ operation, maxKeys: this.#maxKeys, correlationId }));
  }
}

/** The flight an identity was made for: what the work calls carries it along, so a circle is seen. */
const flightOf = new WeakMap<CallIdentity, Flight<unknown>>();

/** How many runs lie between a caller and `flight`, where the caller is part of it; 0 where it is not. */
function depthWithin(flight: object, identity: CallIdentity): number {
  let depth = 0;
  for (let outer = flightOf.get(identity); outer; outer = flightOf.get(outer.begunBy)) {
    depth++;
    if (outer === flight) return depth;
  }
  return 0;
}

/** Why there is no use in beginning. */
function leftBefore(context: CallContext): { readonly reason: unknown } | undefined {
  if (context.isAborted) return { reason: context.reason };
  if (context.deadlineMs === Number.POSITIVE_INFINITY) return undefined;
  const leftMs = context.remainingMs();
  return leftMs > 0 ? undefined : { reason: new DeadlineError(context.operation, leftMs) };
}

/** One run and those who wait for it. */
class Flight<Out> {
  readonly context: CallContext;
  readonly begunBy: CallIdentity;
  readonly startedMs: number;
  /** All who ever joined. */
  joined = 0;
  readonly #callers: Set<Caller<Out>> = new Set();
  readonly #ended: (abandoned: boolean) => void;
  #hasEnded = false;

  constructor(first: CallContext, ended: (abandoned: boolean) => void) {
    const identity = { ...first.identity };
    this.begunBy = first.identity;
    this.context = new CallContext(identity, first.operation, Number.POSITIVE_INFINITY, first.priority, first.step, undefined, undefined);
    this.startedMs = first.system.clock.monotonicMs();
    this.#ended = ended;
    flightOf.set(identity, this as Flight<unknown>);
  }

  join(context: CallContext): Promise<Out> {
    this.joined++;
    return new Promise((resolve, reject) => {
      const caller = new Caller(this, context, resolve, reject);
      this.#callers.add(caller);
      caller.wait();
    });
  }

  start(work: (shared: CallContext) => Promise<Out>): void {
    let answer: Promise<Out>;
    try {
      answer = Promise.resolve(runInContext(this.context, () => work(this.context)));
    } catch (error) {
      answer = Promise.reject(error);
    }
    answer.then(
      (value) => this.#end((caller) => caller.resolve(value)),
      (error: unknown) => this.#end((caller) => caller.reject(error)),
    );
  }

  leave(caller: Caller<Out>): void {
    if (!this.#callers.delete(caller) || this.#callers.size > 0 || this.#hasEnded) return;
    this.#hasEnded = true;
    this.#ended(true);
    this.context.abort(new AbortedError(this.context.operation, { cause: 'nobody waits for it any more' }));
  }

  #end(tell: (caller: Caller<Out>) => void): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#ended(false);
    this.context.release();
    for (const caller of this.#callers) {
      caller.stopWaiting();
      tell(caller);
    }
    this.#callers.clear();
  }
}

/** Somebody who waits for a run: on its own deadline, and until its own abort. It is its own entry in the deadline list and its own link. */
class Caller<Out> extends DeadlineEntry implements AbortLink {
  previousLink: AbortLink | undefined = undefined;
  nextLink: AbortLink | undefined = undefined;
  linkedTo: CallContext | undefined = undefined;
  readonly resolve: (value: Out) => void;
  readonly reject: (error: unknown) => void;
  readonly #flight: Flight<Out>;
  readonly #context: CallContext;
  readonly #limitMs: number;

  constructor(flight: Flight<Out>, context: CallContext, resolve: (value: Out) => void, reject: (error: unknown) => void) {
    super();
    this.#flight = flight;
    this.#context = context;
    this.#limitMs = context.remainingMs();
    this.resolve = resolve;
    this.reject = reject;
  }

  wait(): void {
    const { deadlineMs, system } = this.#context;
    if (deadlineMs !== Number.POSITIVE_INFINITY) system.clock.armAt(this, deadlineMs);
    this.#context.link(this);
  }

  stopWaiting(): void {
    this.#context.system.clock.disarm(this);
    this.#context.unlink(this);
    this.#context.release();
  }

  expire(): void {
    this.#leave(new DeadlineError(this.#context.operation, this.#limitMs));
  }

  aborted(reason: unknown): void {
    this.#leave(reason);
  }

  /** The caller hears first; a run nobody else waits for is stopped then. */
  #leave(reason: unknown): void {
    this.stopWaiting();
    this.reject(reason);
    this.#flight.leave(this);
  }
}
