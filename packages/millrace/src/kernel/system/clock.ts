import type { Clock, DeadlineEntry } from '../clock.ts';
import { DeadlineWheel } from './deadline-wheel.ts';

/** Past so many reads within one task of the event loop the coarse clock is read anew, so that a long synchronous loop sees time pass. */
const coarseForReads = 1024;

/** The machine's own clock. */
class SystemClock implements Clock {
  readonly #wheel: DeadlineWheel = new DeadlineWheel(() => performance.now());
  #coarseMs = 0;
  #readsLeft = 0;
  #isWaiting = false;

  wallMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  coarseMs(): number {
    return --this.#readsLeft >= 0 ? this.#coarseMs : this.#refresh();
  }

  after(ms: number, task: () => void): () => void {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  }

  background(ms: number, task: () => void): () => void {
    const timer = setTimeout(task, ms).unref();
    return () => clearTimeout(timer);
  }

  armAt(entry: DeadlineEntry, atMs: number): void {
    this.#wheel.armAt(entry, atMs);
  }

  disarm(entry: DeadlineEntry): void {
    this.#wheel.disarm(entry);
  }

  /**
   * Holds until the task that asked has ended, never longer by a timer: a process that stood still for a minute is asked for something before its timers run,
   * and would believe that no time has passed.
   */
  #refresh(): number {
    this.#coarseMs = performance.now();
    this.#readsLeft = coarseForReads;
    if (!this.#isWaiting) {
      this.#isWaiting = true;
      process.nextTick(() => {
        this.#isWaiting = false;
        this.#readsLeft = 0;
      });
    }
    return this.#coarseMs;
  }
}

export const systemClock: Clock = new SystemClock();
