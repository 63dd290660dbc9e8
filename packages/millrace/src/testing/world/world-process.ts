import type { Clock, DeadlineEntry, Ids, Random, System } from '../../kernel/index.ts';

/** The lanes of a process that are no connection: its own timers. */
const timers = Symbol('timers');

/** Longest pause between two tasks that waited while the process stood still, ms. */
const catchUpMs = { first: 4, next: 0.3 };

/**
 * A process (or a server) of a simulated world: everything that happens in it passes `receive`, so that it can stand still and go on, or end. What arrives while
 * it stands still waits in *lanes*: one for each connection, one for its timers. Within a lane the order stays; which lane goes on first is chance, as it is
 * after a real `SIGCONT`, where a request may be answered before the timers have run.
 */
export class WorldProcess implements Clock {
  readonly name: string;
  readonly system: System;
  readonly #world: Clock;
  readonly #random: Random;
  readonly #lanes: Map<unknown, (() => void)[]> = new Map();
  readonly #armed: Map<DeadlineEntry, () => void> = new Map();
  #wallOffsetMs = 0;
  #isFrozen = false;
  #isDead = false;

  constructor(name: string, world: Clock, random: Random, ids: Ids) {
    this.name = name;
    this.#world = world;
    this.#random = random;
    this.system = { clock: this, random, ids };
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Its timers have something to catch up with. */
  get isLate(): boolean {
    return this.#isFrozen || this.#lanes.has(timers);
  }

  /** Runs `task` in the process: at once, or when it goes on, behind what waits in the same lane; never when it has ended. */
  receive(lane: unknown, task: () => void): void {
    if (this.#isDead) return;
    const waiting = this.#lanes.get(lane);
    if (waiting) waiting.push(task);
    else if (this.#isFrozen) this.#lanes.set(lane, [task]);
    else task();
  }

  /** Stands still, as under `SIGSTOP`. Its connections stay. */
  freeze(): void {
    this.#isFrozen = true;
  }

  thaw(): void {
    if (!this.#isFrozen) return;
    this.#isFrozen = false;
    for (const lane of this.#lanes.keys()) this.#goOn(lane, catchUpMs.first);
  }

  /** Ends, as under `SIGKILL`: nothing in it runs any more. */
  kill(): void {
    this.#isDead = true;
    this.#lanes.clear();
  }

  /** Its wall clock is set; monotonic time is not. */
  jumpWall(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  wallMs(): number {
    return this.#world.wallMs() + this.#wallOffsetMs;
  }

  monotonicMs(): number {
    return this.#world.monotonicMs();
  }

  coarseMs(): number {
    return this.#world.monotonicMs();
  }

  after(ms: number, task: () => void): () => void {
    let isOver = false;
    const cancel = this.#world.after(ms, () => this.receive(timers, () => isOver || task()));
    return () => {
      isOver = true;
      cancel();
    };
  }

  background(ms: number, task: () => void): () => void {
    return this.after(ms, task);
  }

  armAt(entry: DeadlineEntry, atMs: number): void {
    const fire = (): void => {
      this.#armed.delete(entry);
      entry.expire();
    };
    this.#armed.set(entry, this.after(atMs - this.monotonicMs(), fire));
  }

  disarm(entry: DeadlineEntry): void {
    this.#armed.get(entry)?.();
    this.#armed.delete(entry);
  }

  #goOn(lane: unknown, withinMs: number): void {
    this.#world.after(this.#random.next() * withinMs, () => {
      const waiting = this.#lanes.get(lane);
      if (this.#isFrozen || !waiting) return;
      waiting.shift()?.();
      if (waiting.length > 0) this.#goOn(lane, catchUpMs.next);
      else this.#lanes.delete(lane);
    });
  }
}
