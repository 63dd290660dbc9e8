import { type Clock, sleep } from '../../kernel/index.ts';

/** Keys a second that are loaded in any case. */
const fewestPerSecond = 20;
/** Loads of what is in doubt, over all loads before. Below one: what is loaded for other reasons, as before, comes on top, and both together stay below twice. */
const factor = 0.9;
/** Nobody waits for ever: past this the limit doubles, again and again. */
const patienceMs = 30_000;
const doublingMs = 5000;
/** It is over when nobody had to wait for so long, and not before that time has passed. */
const quietMs = 2000;
/** What is usual is the median of so many samples: neither the filling after a start nor a burst is usual. */
const sampleMs = 500;
const mostSamples = 30;

/**
 * When much of what is in memory is in doubt at once, its loads are let through at a pace, so that the database is asked for at most twice what it was asked for
 * before. What is older and may still be given is given meanwhile; past that, its callers wait for their turn. What was not in doubt does not wait.
 */
export class ColdAdmission {
  readonly #clock: Clock;
  readonly #samples: number[] = [];
  #loaded = 0;
  #sampledMs: number | undefined;
  #sinceMs: number | undefined;
  #nextMs = 0;
  #waitedMs = 0;
  #admitted = 0;
  #times = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isCold(): boolean {
    return this.#sinceMs !== undefined;
  }

  /** Was what is stored since then put in doubt? */
  concerns(storedAtMs: number): boolean {
    return this.#sinceMs !== undefined && storedAtMs < this.#sinceMs;
  }

  stats(): { readonly isCold: boolean; readonly times: number; readonly admitted: number; readonly usualPerSecond: number } {
    return { isCold: this.isCold, times: this.#times, admitted: this.#admitted, usualPerSecond: this.#usual };
  }

  /** How many keys were loaded since the start, told now and then: what is usual is learned while nothing is in doubt. */
  sample(loaded: number): void {
    const nowMs = this.#clock.monotonicMs();
    const tookMs = nowMs - (this.#sampledMs ?? Number.NEGATIVE_INFINITY);
    if (tookMs < sampleMs) return;
    if (this.#sampledMs !== undefined && !this.isCold) {
      this.#samples.push(((loaded - this.#loaded) * 1000) / tookMs);
      if (this.#samples.length > mostSamples) this.#samples.shift();
    }
    this.#sampledMs = nowMs;
    this.#loaded = loaded;
  }

  begin(): void {
    const nowMs = this.#clock.monotonicMs();
    if (!this.isCold) this.#times++;
    this.#sinceMs = nowMs;
    this.#nextMs = Math.max(this.#nextMs, nowMs);
    this.#waitedMs = nowMs;
  }

  /** Resolves when it is the turn of these keys; rejects with the signal's reason. */
  async admit(keys: number, signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#sinceMs === undefined || this.#isOver(nowMs, this.#sinceMs)) return;
    const turnMs = Math.max(nowMs, this.#nextMs);
    this.#nextMs = turnMs + (keys * 1000) / this.#limit(nowMs - this.#sinceMs);
    if (turnMs > nowMs) {
      this.#waitedMs = turnMs;
      await sleep(this.#clock, turnMs - nowMs, signal);
    }
    this.#admitted += keys;
  }

  #isOver(nowMs: number, sinceMs: number): boolean {
    if (nowMs < Math.max(sinceMs, this.#waitedMs) + quietMs) return false;
    this.#sinceMs = undefined;
    this.#sampledMs = undefined; // what was loaded meanwhile is not what is usual
    return true;
  }

  get #usual(): number {
    return [...this.#samples].sort((a, b) => a - b)[this.#samples.length >> 1] ?? 0;
  }

  #limit(elapsedMs: number): number {
    const usual = Math.max(fewestPerSecond, factor * this.#usual);
    return usual * 2 ** Math.max(0, (elapsedMs - patienceMs) / doublingMs);
  }
}
