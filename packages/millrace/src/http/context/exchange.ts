import type { IncomingMessage, ServerResponse } from 'node:http';
import { AbortedError, CallContext, DeadlineEntry, DeadlineError } from '../../kernel/index.ts';
import type { FinishedRequest, WatchedRequest } from '../../telemetry/index.ts';
import { RequestIdentity } from './identity.ts';
import type { RoutePlan } from './plan.ts';
import { requestedTimeoutMs } from './requested-timeout.ts';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';
import type { InFlight, Traffic } from './traffic.ts';

/** Between telling a handler to stop and answering in its place, ms: one that listens answers by itself within this. */
const lateMs = 50;

const exchangeOf: unique symbol = Symbol('millrace.exchange');
type Answer = ServerResponse & { [exchangeOf]?: Exchange };

/** Shared by all answers: `this` is the answer that closed, so that no request needs a function of its own. */
function closed(this: Answer): void {
  this[exchangeOf]?.end();
}

/**
 * One request and its answer, from the first header to the last byte or the client's leaving. It is its own entry in the deadline list and in the
 * list of what is in flight; an adapter adds how it answers when the handler does not.
 */
export abstract class Exchange extends DeadlineEntry implements InFlight {
  /** @internal */ previous: InFlight | undefined = undefined;
  /** @internal */ next: InFlight | undefined = undefined;
  readonly plan: RoutePlan;
  readonly identity: RequestIdentity;
  readonly context: CallContext;
  readonly response: ServerResponse;
  /** True for an answer without an end of its own, such as an event stream: a stop ends it at once. */
  isStream: boolean;
  /** True once the answer broke off on our side. */
  hasBroken = false;
  readonly #traffic: Traffic;
  readonly #watched: WatchedRequest | undefined;
  readonly #limitMs: number;
  #isOver = false;
  #cutBy: unknown = undefined;

  constructor(traffic: Traffic, plan: RoutePlan, request: IncomingMessage, response: Answer, requestId: string) {
    super();
    const { system, requests } = traffic.ports;
    const { headers } = request;
    const parent = headers['traceparent'] === undefined ? undefined : parseTraceparent(headers['traceparent']);
    const traceId = parent?.traceId ?? system.ids.hex(16);
    const timeout = headers['x-request-timeout'];
    this.plan = plan;
    this.isStream = plan.isStream;
    this.response = response;
    this.#traffic = traffic;
    this.#watched = plan.isStream ? undefined : requests.begin(plan.method, plan.route);
    this.identity = new RequestIdentity(system, requestId, traceId, system.ids.hex(8), parent?.flags ?? 0, this.#watched);
    this.#limitMs = timeout === undefined ? plan.timeoutMs : Math.min(plan.timeoutMs, requestedTimeoutMs(timeout) ?? Number.POSITIVE_INFINITY);
    const deadlineMs = this.#limitMs === Number.POSITIVE_INFINITY ? this.#limitMs : system.clock.monotonicMs() + this.#limitMs;
    this.context = new CallContext(this.identity, plan.operation, deadlineMs, plan.priority, -1, undefined, undefined);
    if (deadlineMs !== Number.POSITIVE_INFINITY) system.clock.armAt(this, deadlineMs);
    response[exchangeOf] = this;
    response.on('close', closed);
    traffic.enter(this);
  }

  get traceparent(): string {
    const { traceId, spanId, flags } = this.identity;
    return formatTraceparent(traceId, spanId, flags);
  }

  /** Answers in place of the handler, which was told to stop and has not. */
  protected abstract answerWith(error: unknown): void;

  /** The answer will end its connection, so that the client opens its next one elsewhere. Too late once the headers are out. */
  sayClose(): void {
    if (!this.response.headersSent) this.response.shouldKeepAlive = false;
  }

  /** Tells everything below to stop, and answers itself where nobody does within 50 ms. */
  cut(reason: unknown): void {
    if (this.#isOver || this.#cutBy !== undefined) return;
    const { clock } = this.identity.system;
    this.#cutBy = reason;
    clock.disarm(this);
    this.context.abort(reason);
    if (!this.#isOver) clock.armAt(this, clock.monotonicMs() + lateMs);
  }

  expire(): void {
    if (this.#cutBy === undefined) this.#expireAtDeadline();
    else if (!this.response.headersSent) this.answerWith(this.#cutBy);
    else this.breakOff();
  }

  /** Ends an answer whose headers are out already; the client sees that it is cut short. */
  breakOff(): void {
    this.hasBroken = true;
    this.response.destroy();
  }

  #expireAtDeadline(): void {
    const { method, route = 'other', operation } = this.plan;
    const limitMs = this.#limitMs;
    this.#traffic.expired++;
    this.#traffic.ports.events.emit('http.request.expired', () => ({ method, route, correlationId: this.identity.correlationId, limitMs }));
    this.cut(new DeadlineError(operation, limitMs));
  }

  /** Called when the answer has closed, whoever closed it. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { clock } = this.identity.system;
    const hasLeft = !this.response.writableEnded;
    clock.disarm(this);
    this.#traffic.leave(this);
    if (hasLeft) this.#abandon();
    if (!this.#watched) return;
    const ending = { status: hasLeft && !this.hasBroken ? 499 : this.response.statusCode, failed: this.hasBroken, slowMs: this.plan.slowMs };
    const finished = this.#traffic.ports.requests.finish(this.#watched, ending, this.identity);
    if (finished.isSlow) this.#tellSlow(ending.status, finished);
  }

  #abandon(): void {
    if (!this.hasBroken) this.#traffic.abandoned++;
    this.context.abort(new AbortedError(this.plan.operation, { cause: 'the client closed the connection' }));
  }

  #tellSlow(status: number, { durationMs, spentMs }: FinishedRequest): void {
    const { method, route = 'other', slowMs } = this.plan;
    const { correlationId, traceId } = this.identity;
    const { events, requests } = this.#traffic.ports;
    const limitMs = slowMs ?? requests.slowMs;
    this.#traffic.slowed++;
    events.emit('http.request.slowed', () => ({ method, route, correlationId, traceId, status, durationMs, limitMs, spentMs }));
  }
}
