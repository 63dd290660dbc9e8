import type { Clock, DeadlineEntry } from '../kernel/index.ts';

interface Task {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Promises settle on the real event loop; a few turns of it are enough for any chain that waits only for this clock. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
};

/** Time that moves only when told to. Exact: nothing on it is coarse. */
export class TestClock implements Clock {
  #nowMs = 0;
  #wallOffsetMs: number;
  #order = 0;
  #tasks: Task[] = [];
  readonly #armed: Map<DeadlineEntry, () => void> = new Map();

  /** `wallStartMs`: what the wall clock says at the beginning. */
  constructor(wallStartMs = 1_700_000_000_000) {
    this.#wallOffsetMs = wallStartMs;
  }

  wallMs(): number {
    return this.#wallOffsetMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  coarseMs(): number {
    return this.#nowMs;
  }

  /** Timers and deadlines that wait: 0 after a clean end. */
  get pending(): number {
    return this.#tasks.length;
  }

  after(ms: number, task: () => void): () => void {
    const entry: Task = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, run: task };
    this.#tasks.push(entry);
    return () => {
      this.#tasks = this.#tasks.filter((one) => one !== entry);
    };
  }

  background(ms: number, task: () => void): () => void {
    return this.after(ms, task);
  }

  armAt(entry: DeadlineEntry, atMs: number): void {
    this.#armed.set(
      entry,
      this.after(atMs - this.#nowMs, () => {
        this.#armed.delete(entry);
        entry.expire();
      }),
    );
  }

  disarm(entry: DeadlineEntry): void {
    this.#armed.get(entry)?.();
    this.#armed.delete(entry);
  }

  /** The wall clock jumps; monotonic time does not. */
  jumpWall(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  /** Moves time on by `ms` and runs what falls due, in order, letting promises settle between tasks. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (let next = this.#due(endMs); next; next = this.#due(endMs)) {
      this.#nowMs = next.atMs;
      this.#tasks = this.#tasks.filter((one) => one !== next);
      next.run();
      await settle();
    }
    this.#nowMs = endMs;
  }

  #due(endMs: number): Task | undefined {
    return this.#tasks.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
  }
}
