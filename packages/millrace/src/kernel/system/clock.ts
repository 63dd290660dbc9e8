import type { Clock, DeadlineEntry } from '../clock.ts';
import { DeadlineWheel } from './deadline-wheel.ts';

const coarseForMs = 8;
/** Past so many reads within one turn of the event loop the coarse clock is read anew, so that a long synchronous loop sees time pass. */
const coarseForReads = 1024;

/** The machine's own clock. */
class SystemClock implements Clock {
  readonly #wheel: DeadlineWheel = new DeadlineWheel(() => performance.now());
  #coarseMs = 0;
  #readsLeft = 0;
  #refreshing = false;

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

  #refresh(): number {
    this.#coarseMs = performance.now();
    this.#readsLeft = coarseForReads;
    if (!this.#refreshing) {
      this.#refreshing = true;
      setTimeout(() => {
        this.#refreshing = false;
        this.#readsLeft = 0;
      }, coarseForMs).unref();
    }
    return this.#coarseMs;
  }
}

export const systemClock: Clock = new SystemClock();
