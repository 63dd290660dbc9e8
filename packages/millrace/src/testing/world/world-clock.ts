import type { Clock, DeadlineEntry } from '../../kernel/index.ts';

interface Task {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
  isCancelled: boolean;
}

/**
 * Tasks given to the event loop at once. Whatever waits only for promises runs between two of them, as it does between two turns of the loop, and a turn has a
 * price: it asks the machine whether anything has come in.
 */
const tasksATurn = 64;

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
    while (!(await this.#turn(endMs)));
    this.#nowMs = endMs;
  }

  /** Runs what falls due until `endMs`, some of it. Answers whether that was all. */
  #turn(endMs: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      const step = (): void => {
        try {
          isOver ||= !this.#step(endMs);
        } catch (error) {
          reject(error);
        }
      };
      // The first comes with empty hands: what was begun before may still wait for promises.
      for (let task = 0; task < tasksATurn; task++) setImmediate(task === 0 ? () => {} : step);
      setImmediate(() => resolve(isOver));
    });
  }

  /** Runs the next task that is due; false: there is none. */
  #step(endMs: number): boolean {
    for (let next = this.#heap[0]; next && next.atMs <= endMs; next = this.#heap[0]) {
      this.#pop();
      if (next.isCancelled) continue;
      this.#nowMs = next.atMs;
      this.#ran++;
      next.run();
      return true;
    }
    return false;
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
