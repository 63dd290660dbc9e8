import { type AbortLink, type CallContext, DeadlineEntry, DeadlineError, type Duration, type EventSink, type Layer, silent } from '../../kernel/index.ts';
import { TimeoutError } from './errors.ts';
import type { TimeoutEvents } from './events.ts';
import { resolveTimeoutOptions, type TimeoutOptions } from './options.ts';

/** Counts since the layer was made. */
export interface TimeoutStats {
  readonly calls: number;
  /** Calls that reached the limit. */
  readonly expired: number;
  /** Of those, the ones whose callee has settled since. The difference is still running, or hangs. */
  readonly overrun: number;
}

export interface TimeoutLayer<In, Out> extends Layer<In, Out> {
  stats(): TimeoutStats;
}

export interface TimeoutPorts {
  readonly events?: EventSink<TimeoutEvents> | undefined;
}

/** What all attempts of one layer share. */
interface Shared {
  readonly limitMs: number;
  readonly events: EventSink<TimeoutEvents>;
  calls: number;
  expired: number;
  overrun: number;
}

/**
 * Gives each attempt at most `limit` and really ends it: past the limit the caller gets `MILLRACE_TIMEOUT` and the callee's signal is aborted.
 * A deadline of the call that is nearer wins and gives `MILLRACE_DEADLINE`; an abort of the caller is passed on at once.
 *
 * The costs of the usual way are an AbortController, a timer and listeners for each call. Here an attempt is its own entry in the
 * clock's deadline list and its own link at the caller's context, and the signal is made only when the callee reads it.
 */
export function timeout<In, Out>(options: TimeoutOptions | Duration, { events = silent }: TimeoutPorts = {}): TimeoutLayer<In, Out> {
  const shared: Shared = { limitMs: resolveTimeoutOptions(options).limitMs, events, calls: 0, expired: 0, overrun: 0 };
  const layer: Layer<In, Out> = (next) => (input, context) =>
    new Promise<Out>((resolve, reject) => {
      const attempt = new Attempt<Out>(shared, context, resolve, reject);
      const child = attempt.begin();
      if (child) attempt.follow(() => next(input, child));
    });
  const stats = (): TimeoutStats => ({ calls: shared.calls, expired: shared.expired, overrun: shared.overrun });
  return Object.assign(layer, { stats });
}

/** One call on its way: whichever comes first of answer, limit and abort settles it; the rest is tidied away. */
class Attempt<Out> extends DeadlineEntry implements AbortLink {
  previousLink: AbortLink | undefined = undefined;
  nextLink: AbortLink | undefined = undefined;
  linkedTo: CallContext | undefined = undefined;
  readonly #shared: Shared;
  readonly #context: CallContext;
  readonly #resolve: (value: Out) => void;
  readonly #reject: (error: unknown) => void;
  #child: CallContext | undefined = undefined;
  #limitMs = 0;
  #dueMs = 0;
  #hasExpired = false;

  constructor(shared: Shared, context: CallContext, resolve: (value: Out) => void, reject: (error: unknown) => void) {
    super();
    this.#shared = shared;
    this.#context = context;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Arms the limit and returns the callee's context, or settles at once where there is nothing left to wait for. */
  begin(): CallContext | undefined {
    const context = this.#context;
    this.#shared.calls++;
    if (context.isAborted) {
      this.#reject(context.reason);
      return undefined;
    }
    const { clock } = context.identity.system;
    const nowMs = clock.monotonicMs();
    this.#limitMs = Math.min(this.#shared.limitMs, context.deadlineMs - nowMs);
    this.#dueMs = nowMs + this.#limitMs;
    if (this.#limitMs <= 0) {
      this.#reject(new DeadlineError(context.operation, this.#limitMs));
      return undefined;
    }
    clock.armAt(this, this.#dueMs);
    context.link(this);
    this.#child = context.with({ deadlineMs: this.#dueMs });
    return this.#child;
  }

  follow(call: () => Promise<Out>): void {
    let answer: Promise<Out>;
    try {
      answer = call();
    } catch (error) {
      this.#end(false, error);
      return;
    }
    answer.then(
      (value) => this.#end(true, value),
      (error) => this.#end(false, error),
    );
  }

  expire(): void {
    const { limitMs, events } = this.#shared;
    const { operation, correlationId } = this.#context;
    const isDeadline = this.#limitMs < limitMs;
    const error = isDeadline ? new DeadlineError(operation, this.#limitMs) : new TimeoutError(operation, limitMs);
    this.#hasExpired = true;
    this.#shared.expired++;
    this.#stop(error);
    events.emit('resilience.timeout.expired', () => ({ operation, limitMs: this.#limitMs, correlationId }));
  }

  aborted(reason: unknown): void {
    this.#stop(reason);
  }

  /** The caller is told first, then the callee: a query that nobody stops is still load. */
  #stop(reason: unknown): void {
    this.#tidy();
    this.#reject(reason);
    this.#child?.abort(reason);
  }

  #end(isAnswer: boolean, value: unknown): void {
    if (this.#hasExpired) this.#countOverrun(isAnswer);
    this.#tidy();
    if (isAnswer) this.#resolve(value as Out);
    else this.#reject(value);
  }

  #tidy(): void {
    this.#context.identity.system.clock.disarm(this);
    this.#context.unlink(this);
    this.#child?.release();
  }

  #countOverrun(isAnswer: boolean): void {
    const { operation, system } = this.#context;
    this.#shared.overrun++;
    this.#shared.events.emit('resilience.timeout.overrun', () => ({
      operation,
      limitMs: this.#limitMs,
      lateMs: system.clock.monotonicMs() - this.#dueMs,
      outcome: isAnswer ? 'answered' : 'failed',
    }));
  }
}
