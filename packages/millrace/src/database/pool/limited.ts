import { type AbortLink, type CallContext, DeadlineEntry, DeadlineError } from '../../kernel/index.ts';

/** A wait that ends at its limit, at the deadline of its call, or when its caller goes: whichever is first. One object, no timer, no listener. */
export abstract class Limited extends DeadlineEntry implements AbortLink {
  previousLink: AbortLink | undefined = undefined;
  nextLink: AbortLink | undefined = undefined;
  linkedTo: CallContext | undefined = undefined;
  readonly context: CallContext;
  #limitMs: number;
  #isDeadline = false;

  constructor(context: CallContext, limitMs: number) {
    super();
    this.context = context;
    this.#limitMs = limitMs;
  }

  get limitMs(): number {
    return this.#limitMs;
  }

  /** Called once at most, and only between `arm` and `disarm`. */
  protected abstract giveUp(error: unknown): void;
  /** The error of the own limit; the deadline has its own. */
  protected abstract tooLong(): Error;

  /** False where there is nothing to wait for any more: `giveUp` was called. */
  protected arm(): boolean {
    const { context } = this;
    if (context.isAborted) {
      this.giveUp(context.reason);
      return false;
    }
    const { clock } = context.identity.system;
    const nowMs = clock.monotonicMs();
    const leftMs = context.deadlineMs - nowMs;
    if (leftMs < this.#limitMs) {
      this.#limitMs = leftMs;
      this.#isDeadline = true;
    }
    if (this.#limitMs <= 0) {
      this.giveUp(new DeadlineError(context.operation, this.#limitMs));
      return false;
    }
    if (this.#limitMs !== Number.POSITIVE_INFINITY) clock.armAt(this, nowMs + this.#limitMs);
    context.link(this);
    return true;
  }

  protected disarm(): void {
    this.context.identity.system.clock.disarm(this);
    this.context.unlink(this);
  }

  expire(): void {
    this.disarm();
    this.giveUp(this.#isDeadline ? new DeadlineError(this.context.operation, this.#limitMs) : this.tooLong());
  }

  aborted(reason: unknown): void {
    this.disarm();
    this.giveUp(reason);
  }
}
