import type { CallContext } from '../../kernel/index.ts';
import { Limited } from './limited.ts';

/** A caller that waits for a connection. */
export class Waiter<Lent> extends Limited {
  previous: Waiter<Lent> | undefined = undefined;
  next: Waiter<Lent> | undefined = undefined;
  readonly operation: string;
  readonly sinceMs: number;
  readonly #queue: Waiters<Lent>;
  readonly #resolve: (lent: Lent) => void;
  readonly #reject: (error: unknown) => void;
  readonly #step: number;
  #isSettled = false;

  constructor(queue: Waiters<Lent>, context: CallContext, operation: string, limitMs: number, resolve: (lent: Lent) => void, reject: (error: unknown) => void) {
    super(context, limitMs);
    this.#queue = queue;
    this.operation = operation;
    this.sinceMs = context.identity.system.clock.monotonicMs();
    this.#resolve = resolve;
    this.#reject = reject;
    this.#step = context.recorder?.begin('queue', 'pool', context.step) ?? -1;
  }

  /** Joins the queue; false when there is nothing to wait for. */
  join(): boolean {
    this.#queue.insert(this);
    return this.arm();
  }

  serve(lent: Lent): void {
    this.#leave('ok');
    this.#resolve(lent);
  }

  fail(error: unknown): void {
    this.giveUp(error);
  }

  protected giveUp(error: unknown): void {
    if (this.#isSettled) return;
    this.#leave(this.context.isAborted ? 'cancelled' : 'error');
    this.#reject(error);
  }

  protected tooLong(): Error {
    return this.#queue.busy(this.limitMs);
  }

  #leave(outcome: 'ok' | 'error' | 'cancelled'): void {
    this.#isSettled = true;
    this.disarm();
    this.#queue.remove(this);
    this.context.recorder?.end(this.#step, outcome);
  }
}

/** Callers in the order they are served: the more urgent first, among equals the one that came first. Joining behind one's equals takes one step. */
export class Waiters<Lent> {
  size = 0;
  #first: Waiter<Lent> | undefined = undefined;
  #last: Waiter<Lent> | undefined = undefined;
  /** Makes the error of a wait that took too long. */
  readonly busy: (limitMs: number) => Error;
  readonly #onEmpty: () => void;

  constructor(busy: (limitMs: number) => Error, onEmpty: () => void) {
    this.busy = busy;
    this.#onEmpty = onEmpty;
  }

  get first(): Waiter<Lent> | undefined {
    return this.#first;
  }

  /** The one served last: the first to go when there are too many. */
  get last(): Waiter<Lent> | undefined {
    return this.#last;
  }

  insert(waiter: Waiter<Lent>): void {
    let before = this.#last;
    while (before && before.context.priority < waiter.context.priority) before = before.previous;
    waiter.previous = before;
    waiter.next = before ? before.next : this.#first;
    if (waiter.next) waiter.next.previous = waiter;
    else this.#last = waiter;
    if (before) before.next = waiter;
    else this.#first = waiter;
    this.size++;
  }

  remove(waiter: Waiter<Lent>): void {
    if (waiter.previous) waiter.previous.next = waiter.next;
    else this.#first = waiter.next;
    if (waiter.next) waiter.next.previous = waiter.previous;
    else this.#last = waiter.previous;
    waiter.previous = undefined;
    waiter.next = undefined;
    if (--this.size === 0) this.#onEmpty();
  }

  failAll(error: unknown): void {
    for (let waiter = this.#first; waiter; waiter = this.#first) waiter.fail(error);
  }
}
