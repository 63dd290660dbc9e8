import { type Clock, type EventSink, isMillraceError, type Layer, messageOf, silent } from '../../kernel/index.ts';
import { CircuitOpenError } from './errors.ts';
import type { CircuitBreakerEvents } from './events.ts';
import { type CircuitBreakerOptions, type ResolvedBreakerOptions, resolveBreakerOptions } from './options.ts';
import { OutcomeWindow } from './window.ts';

/*
 * A state machine (Nygard, Release It!, chapter 5) told in one piece:
 *
 *   closed ── too many failures ──▶ open ── reset time over, next call ──▶ half open ── enough trials succeed ──▶ closed
 *                                    ▲                                        │
 *                                    └──────────── a trial fails ─────────────┘          isolated: open by hand until reset()
 *
 * Every change of state begins a new epoch. A call remembers the epoch it began in, and its result counts only there: six calls that
 * began before the circuit opened and fail after it has closed again say nothing about the service as it is now.
 * While half open nobody waits: all but the trials are refused, so a trial that hangs holds nobody up, a success releases no herd,
 * and after one more reset time a trial that never settled is given up and another may be made.
 */

export type CircuitState = 'closed' | 'open' | 'half open' | 'isolated';

export interface CircuitBreakerStats {
  readonly name: string;
  readonly state: CircuitState;
  readonly calls: number;
  readonly failures: number;
  /** Calls refused without asking the service. */
  readonly refused: number;
  readonly opened: number;
  /** ms until a trial may be made; 0 unless it is open. */
  readonly retryAfterMs: number;
  /** How long it has been in this state, ms. */
  readonly forMs: number;
}

export interface CircuitBreakerPorts {
  readonly clock: Clock;
  readonly events?: EventSink<CircuitBreakerEvents> | undefined;
}

export class CircuitBreaker {
  readonly name: string;
  readonly #options: ResolvedBreakerOptions;
  readonly #clock: Clock;
  readonly #events: EventSink<CircuitBreakerEvents>;
  readonly #window: OutcomeWindow;
  #state: CircuitState = 'closed';
  #epoch = 0;
  #failuresInARow = 0;
  #lastFailure: unknown = undefined;
  #changedMs = 0;
  #openedMs = 0;
  #trialsRunning = 0;
  #trialsSucceeded = 0;
  #calls = 0;
  #failures = 0;
  #refused = 0;
  #opened = 0;

  constructor(name: string, options: CircuitBreakerOptions | undefined, { clock, events = silent }: CircuitBreakerPorts) {
    this.name = name;
    this.#options = resolveBreakerOptions(options);
    this.#clock = clock;
    this.#changedMs = clock.monotonicMs();
    this.#events = events;
    this.#window = new OutcomeWindow(this.#options.window);
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** This breaker around a call. */
  layer<In, Out>(): Layer<In, Out> {
    return (next) => (input, context) => this.run(() => next(input, context));
  }

  /** Calls the service, or refuses with `MILLRACE_CIRCUIT_OPEN`. */
  async run<Out>(work: () => Promise<Out>): Promise<Out> {
    const epoch = this.#admit();
    this.#calls++;
    try {
      const answer = await work();
      this.#record(epoch, false, undefined);
      return answer;
    } catch (error) {
      const isFailure = (this.#options.counts ?? isServiceFailure)(error);
      if (isFailure) this.#record(epoch, true, error);
      else this.#forget(epoch);
      throw error;
    }
  }

  /** Would a call be let through now? Without making one. */
  get isLettingThrough(): boolean {
    if (this.#state === 'closed') return true;
    return this.#state !== 'isolated' && this.#retryAfterMs() <= 0;
  }

  /** Closes it by hand and forgets what was counted. */
  reset(): void {
    if (this.#state !== 'closed') this.#close();
  }

  /** Holds it open until `reset()`. */
  isolate(): void {
    this.#enter('isolated');
  }

  stats(): CircuitBreakerStats {
    const { name } = this;
    const forMs = this.#clock.monotonicMs() - this.#changedMs;
    const retryAfterMs = this.#state === 'open' ? Math.max(0, this.#retryAfterMs()) : 0;
    return { name, state: this.#state, calls: this.#calls, failures: this.#failures, refused: this.#refused, opened: this.#opened, retryAfterMs, forMs };
  }

  #admit(): number {
    if (this.#state === 'closed') return this.#epoch;
    if (this.#state === 'open' && this.#retryAfterMs() <= 0) this.#halfOpen();
    if (this.#state === 'half open' && this.#mayTry()) {
      this.#trialsRunning++;
      return this.#epoch;
    }
    this.#refused++;
    throw new CircuitOpenError(this.name, this.#retryAfterMs(), this.#failuresInARow, this.#lastFailure);
  }

  #mayTry(): boolean {
    if (this.#trialsRunning < this.#options.trials) return true;
    if (this.#retryAfterMs() > 0) return false;
    this.#halfOpen(); // the trials have had a whole reset time and never settled: a new epoch, new trials
    return true;
  }

  #retryAfterMs(): number {
    if (this.#state === 'isolated') return Number.POSITIVE_INFINITY;
    return this.#changedMs + this.#options.resetMs - this.#clock.monotonicMs();
  }

  #record(epoch: number, hasFailed: boolean, error: unknown): void {
    if (hasFailed) this.#failures++;
    if (epoch !== this.#epoch) return;
    this.#failuresInARow = hasFailed ? this.#failuresInARow + 1 : 0;
    if (hasFailed) this.#lastFailure = error;
    if (this.#state === 'half open') this.#recordTrial(hasFailed);
    else if (this.#isTooMuch(hasFailed)) this.#open();
  }

  #recordTrial(hasFailed: boolean): void {
    this.#trialsRunning--;
    if (hasFailed) this.#open();
    else if (++this.#trialsSucceeded >= this.#options.successes) this.#close();
  }

  /** Neither success nor failure: it only gives its place as a trial back. */
  #forget(epoch: number): void {
    if (epoch === this.#epoch && this.#state === 'half open') this.#trialsRunning--;
  }

  #isTooMuch(hasFailed: boolean): boolean {
    const { ratio, minimumCalls, failures } = this.#options;
    if (ratio === undefined) return hasFailed && this.#failuresInARow >= failures;
    this.#window.record(hasFailed);
    return hasFailed && this.#window.calls >= minimumCalls && this.#window.failures / this.#window.calls >= ratio;
  }

  #open(): void {
    const failures = this.#options.ratio === undefined ? this.#failuresInARow : this.#window.failures;
    if (this.#state === 'closed') this.#openedMs = this.#clock.monotonicMs();
    this.#opened++;
    this.#enter('open');
    this.#events.emit('resilience.breaker.opened', () => ({ name: this.name, failures, resetMs: this.#options.resetMs, reason: messageOf(this.#lastFailure) }));
  }

  #halfOpen(): void {
    this.#enter('half open');
    this.#events.emit('resilience.breaker.halfOpened', () => ({ name: this.name }));
  }

  #close(): void {
    const openMs = this.#clock.monotonicMs() - this.#openedMs;
    this.#enter('closed');
    this.#failuresInARow = 0;
    this.#lastFailure = undefined;
    this.#window.clear();
    this.#events.emit('resilience.breaker.closed', () => ({ name: this.name, openMs }));
  }

  #enter(state: CircuitState): void {
    if (this.#state === 'closed') this.#openedMs = this.#clock.monotonicMs();
    this.#state = state;
    this.#epoch++;
    this.#changedMs = this.#clock.monotonicMs();
    this.#trialsRunning = 0;
    this.#trialsSucceeded = 0;
  }
}

const ownRefusals = new Set(['MILLRACE_ABORTED', 'MILLRACE_CIRCUIT_OPEN', 'MILLRACE_CONFIG']);

/** An abort by the caller and our own refusals say nothing about the service, and an answer of the 4xx kind says that it works. */
function isServiceFailure(error: unknown): boolean {
  if (isMillraceError(error) && ownRefusals.has(error.code)) return false;
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  return !(typeof status === 'number' && status >= 400 && status < 500 && status !== 408 && status !== 429);
}
