import { AbortedError } from '../errors.ts';
import type { Recorder, System } from '../ports.ts';

/** Told once when a context is aborted. Intrusive, so that a call which links itself allocates nothing more. */
export abstract class AbortLink {
  /** @internal */ previousLink: AbortLink | undefined = undefined;
  /** @internal */ nextLink: AbortLink | undefined = undefined;
  /** @internal */ linkedTo: CallContext | undefined = undefined;
  abstract aborted(reason: unknown): void;
}

/** What stays the same from the first context of a request to its last. */
export interface CallIdentity {
  readonly system: System;
  /** Names one request in logs and answers: `X-Request-ID`. */
  readonly correlationId: string;
  /** W3C trace id, 32 hexadecimal digits. */
  readonly traceId: string;
  /** Who asks: a user, tenant or key id. Never a label of a metric. */
  readonly caller: string | undefined;
  /** Notes where the time goes, where somebody watches. */
  readonly recorder: Recorder | undefined;
}

/** What one step may narrow. */
export interface Narrowing {
  readonly operation?: string | undefined;
  /** Monotonic ms by `system.clock`. A later deadline than the present one is ignored. */
  readonly deadlineMs?: number | undefined;
  readonly priority?: number | undefined;
  /** The waterfall step that what follows belongs to. */
  readonly step?: number | undefined;
}

/**
 * The context of one call: deadline, abort, trace, priority. It is derived (`context.with({ … })`), never spread:
 * the abort signal is made when somebody first reads it, and most calls end before anybody does.
 */
export class CallContext {
  readonly identity: CallIdentity;
  readonly operation: string;
  /** The end of the whole call, monotonic ms by `identity.system.clock`; `Infinity` when there is none. */
  readonly deadlineMs: number;
  /** Larger is sooner: critical 20, high 10, normal 5, low 1. */
  readonly priority: number;
  /** The waterfall step this call belongs to, -1 at the root. */
  readonly step: number;
  /** A context is a valid `CallOptions`; its limit is `deadlineMs`. */
  readonly timeout: undefined = undefined;
  readonly #parent: CallContext | undefined;
  readonly #outside: AbortSignal | undefined;
  #isAborted = false;
  #reason: unknown = undefined;
  #controller: AbortController | undefined = undefined;
  #links: AbortLink | undefined = undefined;
  #upward: Upward | undefined = undefined;

  /** @internal Use `rootContext` or `with`. */
  constructor(
    identity: CallIdentity,
    operation: string,
    deadlineMs: number,
    priority: number,
    step: number,
    parent: CallContext | undefined,
    outside: AbortSignal | undefined,
  ) {
    this.identity = identity;
    this.operation = operation;
    this.deadlineMs = deadlineMs;
    this.priority = priority;
    this.step = step;
    this.#parent = parent;
    this.#outside = outside;
  }

  get system(): System {
    return this.identity.system;
  }

  get correlationId(): string {
    return this.identity.correlationId;
  }

  get recorder(): Recorder | undefined {
    return this.identity.recorder;
  }

  /** Time left, ms; `Infinity` without a deadline, 0 or less when it has passed. */
  remainingMs(): number {
    return this.deadlineMs === Number.POSITIVE_INFINITY ? this.deadlineMs : this.deadlineMs - this.system.clock.monotonicMs();
  }

  get isAborted(): boolean {
    if (this.#isAborted) return true;
    if (this.#outside?.aborted) return true;
    return this.#parent?.isAborted ?? false;
  }

  /** Why it was aborted; undefined while it is not. */
  get reason(): unknown {
    if (this.#isAborted) return this.#reason;
    if (this.#outside?.aborted) return new AbortedError(this.operation, { cause: this.#outside.reason });
    return this.#parent?.reason;
  }

  /** Made on first read. Whoever only wants to be told links an `AbortLink` instead, which is cheaper. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.isAborted) this.#controller.abort(this.reason);
      else this.#listenUpward();
    }
    return this.#controller.signal;
  }

  /** A narrower context for one step. */
  with(narrowing: Narrowing): CallContext {
    return new CallContext(
      this.identity,
      narrowing.operation ?? this.operation,
      narrowing.deadlineMs === undefined || narrowing.deadlineMs > this.deadlineMs ? this.deadlineMs : narrowing.deadlineMs,
      narrowing.priority ?? this.priority,
      narrowing.step ?? this.step,
      this,
      undefined,
    );
  }

  /** The same, aborted by `signal` as well. */
  withSignal(signal: AbortSignal): CallContext {
    return new CallContext(this.identity, this.operation, this.deadlineMs, this.priority, this.step, this, signal);
  }

  /** A context of the same request that its caller's abort and deadline no longer reach: for work that goes on for others. */
  detached(): CallContext {
    return new CallContext(this.identity, this.operation, Number.POSITIVE_INFINITY, this.priority, this.step, undefined, undefined);
  }

  /** Tells everything below this context to stop. The first reason stays. */
  abort(reason: unknown = new AbortedError(this.operation)): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#reason = reason;
    this.#upward?.leave();
    this.#controller?.abort(reason);
    for (let link = this.#links; link; link = this.#links) {
      this.unlink(link);
      link.aborted(reason);
    }
  }

  /** `link.aborted` is called once when this context is aborted: at once where it is already. */
  link(link: AbortLink): void {
    if (this.isAborted) {
      link.aborted(this.reason);
      return;
    }
    link.linkedTo = this;
    link.nextLink = this.#links;
    if (this.#links) this.#links.previousLink = link;
    this.#links = link;
    this.#listenUpward();
  }

  /** Forgets `link`; harmless when it is not linked here. The last one gone, nothing is left behind at the parent. */
  unlink(link: AbortLink): void {
    if (link.linkedTo !== this) return;
    if (link.previousLink) link.previousLink.nextLink = link.nextLink;
    else this.#links = link.nextLink;
    if (link.nextLink) link.nextLink.previousLink = link.previousLink;
    link.previousLink = undefined;
    link.nextLink = undefined;
    link.linkedTo = undefined;
    if (!this.#links && !this.#controller) this.#upward?.leave();
  }

  /** Forgets what listens upward: call it when the step is over, so that a long-lived parent keeps nothing of it. */
  release(): void {
    this.#upward?.leave();
  }

  #listenUpward(): void {
    if (!this.#parent && !this.#outside) return;
    this.#upward ??= new Upward(this, this.#parent, this.#outside);
    this.#upward.enter();
  }
}

/** A context's ear at its parent and at an outside signal; there only while somebody below listens. */
class Upward extends AbortLink {
  readonly #context: CallContext;
  readonly #parent: CallContext | undefined;
  readonly #outside: AbortSignal | undefined;
  readonly #onOutside: (() => void) | undefined;
  #entered = false;

  constructor(context: CallContext, parent: CallContext | undefined, outside: AbortSignal | undefined) {
    super();
    this.#context = context;
    this.#parent = parent;
    this.#outside = outside;
    this.#onOutside = outside && (() => this.aborted(new AbortedError(context.operation, { cause: outside.reason })));
  }

  enter(): void {
    if (this.#entered) return;
    this.#entered = true;
    if (this.#onOutside) this.#outside?.addEventListener('abort', this.#onOutside, { once: true });
    this.#parent?.link(this);
  }

  leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    if (this.#onOutside) this.#outside?.removeEventListener('abort', this.#onOutside);
    this.#parent?.unlink(this);
  }

  aborted(reason: unknown): void {
    this.#context.abort(reason);
  }
}
