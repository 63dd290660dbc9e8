import type { Clock, DeadlineEntry } from '../../kernel/index.ts';

interface Task {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
  isCancelled: boolean;
}

/** Runs everything that only waits for promises: the microtasks are empty when the loop comes round once. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Time of a whole simulated world: nothing in it waits for the machine, so hours pass in milliseconds and the same seed gives the same run.
 * A binary heap by time and order of planning.
 */
export class WorldClock implements Clock {
  readonly #heap: Task[] = [];
  readonly #armed: Map<DeadlineEntry, () => void> = new Map();
  #nowMs = 0;
  #order = 0;
  #ran = 0;

  wallMs(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  coarseMs(): number {
    return this.#nowMs;
  }

  /** Tasks run so far. */
  get ran(): number {
    return this.#ran;
  }

  after(ms: number, run: () => void): () => void {
    const task: Task = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, run, isCancelled: false };
    this.#push(task);
    return () => {
      task.isCancelled = true;
    };
  }

  background(ms: number, run: () => void): () => void {
    return this.after(ms, run);
  }

  armAt(entry: DeadlineEntry, atMs: number): void {
    const fire = (): void => {
      this.#armed.delete(entry);
      entry.expire();
    };
    this.#armed.set(entry, this.after(atMs - this.#nowMs, fire));
  }

  disarm(entry: DeadlineEntry): void {
    this.#armed.get(entry)?.();
    this.#armed.delete(entry);
  }

  /** Lets the world live for `ms`. */
  async run(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await turn();
    for (let next = this.#heap[0]; next && next.atMs <= endMs; next = this.#heap[0]) {
      this.#pop();
      if (next.isCancelled) continue;
      this.#nowMs = next.atMs;
      this.#ran++;
      next.run();
      await turn();
    }
    this.#nowMs = endMs;
  }

  #push(task: Task): void {
    const heap = this.#heap;
    let at = heap.push(task) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(task, heap[parent] as Task)) break;
      heap[at] = heap[parent] as Task;
      at = parent;
    }
    heap[at] = task;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Task;
    if (heap.length === 0) return;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Task, heap[child] as Task)) child++;
      if (!isBefore(heap[child] as Task, last)) break;
      heap[at] = heap[child] as Task;
      at = child;
    }
    heap[at] = last;
  }
}

const isBefore = (a: Task, b: Task): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
