import type { CallContext, Seam, StatSink, StatSource, System } from '../../kernel/index.ts';
import { durationBounds, otherLabel } from '../counters/index.ts';
import { EndpointFigures, knownMethod } from './endpoint-figures.ts';
import { spentBy } from './exclusive.ts';
import { type RequestFiguresOptions, type ResolvedRequestFiguresOptions, resolveRequestFiguresOptions } from './options.ts';
import { type RequestSample, type SampleReason, SampleStore, spentRecord, stepsOf } from './samples.ts';
import { BlockPool, type StepBlock } from './steps.ts';
import { Waterfall } from './waterfall.ts';

const ordinaryEveryMs = 30_000;
const rateSeconds = 10;

/** A request on its way: the recorder of its context. Made by `begin`. */
export class WatchedRequest extends Waterfall {
  readonly endpoint: EndpointFigures;
  /** @internal */ finished = false;
  constructor(endpoint: EndpointFigures, ...rest: ConstructorParameters<typeof Waterfall>) {
    super(...rest);
    this.endpoint = endpoint;
  }
}

/** What is known when a request has ended: enough for a log line. */
export interface FinishedRequest {
  readonly durationMs: number;
  readonly isSlow: boolean;
  readonly isFailed: boolean;
  /** Ms per seam; they add up to `durationMs`. */
  readonly spentMs: Readonly<Record<Seam, number>>;
}

/** How a request ended. */
export interface Ending {
  readonly status: number;
  /** Failed although no 5xx was sent: the answer broke off, the client gave up waiting. 5xx is always a failure. */
  readonly failed?: boolean | undefined;
  /** The route's own idea of slow, ms. */
  readonly slowMs?: number | undefined;
}

/**
 * The figures of the requests of one process: per method and route template how many, how long, with which answer, and at which seam the time went; and the
 * requests worth looking at, step by step.
 *
 * ```
 * const watched = requests.begin(request.method, route);            // route: the template, undefined where nothing matched
 * const context = rootContext(system, name, { recorder: watched });
 * …
 * const { durationMs, isSlow, spentMs } = requests.finish(watched, { status: 200 }, context);
 * ```
 *
 * Call `finish` once per `begin`, also when the client went away. Do not watch streams that never end, nor the performance paths themselves.
 */
export class RequestFigures implements StatSource {
  readonly name = 'http';
  readonly options: ResolvedRequestFiguresOptions;
  readonly #system: System;
  readonly #samples: SampleStore = new SampleStore();
  readonly #endpoints: Map<string, EndpointFigures> = new Map();
  /** The same by method, then route: found without building an id per request. */
  readonly #byMethod: Map<string, Map<string, EndpointFigures>> = new Map();
  readonly #pool: BlockPool = new BlockPool();
  readonly #perSecond: Float64Array = new Float64Array(rateSeconds + 1);
  readonly #startedMs: number;
  #second: number;
  #slowMs: number;

  constructor(system: System, options?: RequestFiguresOptions) {
    this.options = resolveRequestFiguresOptions(options);
    this.#slowMs = this.options.slowMs;
    this.#system = system;
    this.#startedMs = system.clock.monotonicMs();
    this.#second = Math.floor(this.#startedMs / 1000);
  }

  /** Past it a request is slow, ms. May be changed while it runs. */
  get slowMs(): number {
    return this.#slowMs;
  }
  set slowMs(limitMs: number) {
    this.#slowMs = limitMs;
  }

  /** All endpoints that had a request. */
  get endpoints(): Iterable<EndpointFigures> {
    return this.#endpoints.values();
  }

  endpoint(id: string): EndpointFigures | undefined {
    return this.#endpoints.get(id);
  }

  /** A kept request by its correlation id. */
  sample(id: string): RequestSample | undefined {
    this.#dropOld();
    return this.#samples.byId(id);
  }

  /** The kept requests of an endpoint, slowest first. */
  samplesOf(endpoint: string): readonly RequestSample[] {
    this.#dropOld();
    return this.#samples.ofEndpoint(endpoint);
  }

  /** Requests on their way now. */
  get inFlight(): number {
    let sum = 0;
    for (const { inFlight } of this.#endpoints.values()) sum += inFlight;
    return sum;
  }

  /** A request came in. */
  begin(method: string, route: string | undefined): WatchedRequest {
    const endpoint = this.#endpointOf(method, route);
    endpoint.inFlight++;
    return new WatchedRequest(endpoint, this.#system.clock, this.#pool);
  }

  /** It has been answered, or will never be. A second call for the same request changes nothing. */
  finish(watched: WatchedRequest, ending: Ending, { correlationId, traceId }: Pick<CallContext['identity'], 'correlationId' | 'traceId'>): FinishedRequest {
    const durationMs = this.#system.clock.monotonicMs() - watched.startedMs;
    const isFailed = ending.status >= 500 || ending.failed === true;
    const isSlow = durationMs > (ending.slowMs ?? this.#slowMs);
    if (watched.finished) return { durationMs, isSlow, isFailed, spentMs: spentRecord(spentBy(undefined, durationMs).perSeam) };
    watched.finished = true;
    const { endpoint } = watched;
    endpoint.inFlight--;
    endpoint.count(ending.status, isFailed, durationMs);
    this.#countSecond();
    const block = watched.close(durationMs);
    const { perSeam, perStep } = spentBy(block, durationMs);
    endpoint.spent(perSeam);
    const spentMs = spentRecord(perSeam);
    const reason = this.#reasonToKeep(endpoint, durationMs, isSlow, isFailed);
    if (reason) this.#keep(watched, block, perStep, { id: correlationId, traceId, status: ending.status, durationMs, reason, spentMs });
    watched.release();
    return { durationMs, isSlow, isFailed, spentMs };
  }

  /** Counts a request that was measured elsewhere. */
  record(method: string, route: string | undefined, status: number, durationMs: number): void {
    const endpoint = this.#endpointOf(method, route);
    endpoint.count(status, status >= 500, durationMs);
    endpoint.spent(spentBy(undefined, durationMs).perSeam);
    this.#countSecond();
  }

  /** Requests ended per second, over the last ten whole seconds (fewer after a start); 0 in the first. */
  ratePerSecond(): number {
    this.#turnTo(Math.floor(this.#system.clock.monotonicMs() / 1000));
    const seconds = Math.min(rateSeconds, this.#second - Math.floor(this.#startedMs / 1000));
    if (seconds === 0) return 0;
    let sum = 0;
    for (let ago = 1; ago <= seconds; ago++) sum += this.#perSecond[(this.#second - ago) % (rateSeconds + 1)] as number;
    return sum / seconds;
  }

  collect(sink: StatSink): void {
    for (const { method, route, durations } of this.#endpoints.values())
      for (const [status_code, histogram] of durations)
        sink.histogram('http_request_duration_seconds', 'How long requests took', histogram.inSeconds(), durationBounds, { method, route, status_code });
    for (const { method, route, requests } of this.#endpoints.values())
      sink.counter('http_requests_total', 'Requests that were answered', requests, { method, route });
    for (const { method, route, spentSeconds } of this.#endpoints.values()) {
      const spent = spentRecord(spentSeconds);
      for (const seam of (Object.keys(spent) as Seam[]).filter((one) => spent[one] > 0))
        sink.counter('millrace_http_spent_seconds_total', 'Where the time of requests went', spent[seam], { method, route, seam });
    }
    sink.gauge('http_requests_per_second', 'Requests answered per second, over ten seconds', this.ratePerSecond());
    sink.gauge('millrace_http_requests_in_flight', 'Requests on their way', this.inFlight);
  }

  #endpointOf(method: string, route: string = otherLabel): EndpointFigures {
    return this.#byMethod.get(method)?.get(route) ?? this.#firstOf(knownMethod(method), route);
  }

  #firstOf(method: string, route: string): EndpointFigures {
    const isFull = this.#endpoints.size >= this.options.endpoints;
    const made = isFull ? new EndpointFigures(otherLabel, otherLabel) : new EndpointFigures(method, route);
    const kept = this.#endpoints.get(made.id) ?? made;
    this.#endpoints.set(kept.id, kept);
    const routes = this.#byMethod.get(kept.method) ?? new Map<string, EndpointFigures>();
    this.#byMethod.set(kept.method, routes.set(kept.route, kept));
    return kept;
  }

  #reasonToKeep(endpoint: EndpointFigures, durationMs: number, isSlow: boolean, isFailed: boolean): SampleReason | undefined {
    if (isFailed) return 'failed';
    if (isSlow) return 'slow';
    const newest = endpoint.newestOrdinary;
    const isNew = newest === undefined || this.#system.clock.wallMs() - newest.startedAtMs >= ordinaryEveryMs;
    return isNew || durationMs > newest.durationMs ? 'ordinary' : undefined;
  }

  #keep(
    { endpoint, dropped }: WatchedRequest,
    block: StepBlock | undefined,
    perStep: Float64Array,
    rest: Pick<RequestSample, 'id' | 'traceId' | 'status' | 'durationMs' | 'reason' | 'spentMs'>,
  ): void {
    const nowMs = this.#system.clock.wallMs();
    const { id, method, route } = endpoint;
    const startedAtMs = nowMs - rest.durationMs;
    const sample = { ...rest, endpoint: id, method, route, startedAtMs, steps: stepsOf(block, perStep), droppedSteps: dropped };
    this.#dropOld();
    if (rest.reason === 'ordinary') {
      const before = endpoint.newestOrdinary;
      if (before && nowMs - before.startedAtMs < ordinaryEveryMs) this.#samples.drop(before);
      endpoint.newestOrdinary = sample;
    }
    this.#samples.keep(sample);
  }

  #dropOld(): void {
    this.#samples.dropBefore(this.#system.clock.wallMs() - this.options.keepSamplesMs);
  }

  #countSecond(): void {
    const second = Math.floor(this.#system.clock.coarseMs() / 1000);
    if (second !== this.#second) this.#turnTo(second);
    this.#perSecond[this.#second % (rateSeconds + 1)]!++;
  }

  /** Empties the seconds in between; the coarse clock may lag a little behind, which never turns it back. */
  #turnTo(second: number): void {
    for (let next = Math.max(this.#second + 1, second - rateSeconds); next <= second; next++) this.#perSecond[next % (rateSeconds + 1)] = 0;
    this.#second = Math.max(this.#second, second);
  }
}
