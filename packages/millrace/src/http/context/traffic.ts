import type { CallContext, StatSink, StatSource } from '../../kernel/index.ts';
import type { LimitName } from '../errors.ts';
import type { HttpPorts } from '../host.ts';

/** A request and its answer, as far as the list of them needs it: it is its own entry. */
export interface InFlight {
  previous: InFlight | undefined;
  next: InFlight | undefined;
  readonly isStream: boolean;
  readonly context: CallContext;
  sayClose(): void;
  cut(reason: unknown): void;
}

/** The requests in flight of one server, and the counts that no histogram holds. */
export class Traffic implements StatSource {
  readonly name = 'http';
  readonly ports: HttpPorts;
  inFlight = 0;
  /** Clients that left before their answer. */
  abandoned = 0;
  /** Requests whose deadline passed. */
  expired = 0;
  slowed = 0;
  /** Monotonic ms at which a request was last seen to begin, kept while closing. */
  lastBegunMs = 0;
  readonly refused: Record<LimitName, number> = { body: 0, depth: 0, parameters: 0, headers: 0, headerSize: 0, url: 0 };
  #isClosing = false;
  #first: InFlight | undefined = undefined;

  constructor(ports: HttpPorts) {
    this.ports = ports;
  }

  enter(exchange: InFlight): void {
    this.inFlight++;
    exchange.next = this.#first;
    if (this.#first) this.#first.previous = exchange;
    this.#first = exchange;
    if (!this.#isClosing) return;
    this.lastBegunMs = this.ports.system.clock.monotonicMs();
    exchange.sayClose();
  }

  leave(exchange: InFlight): void {
    this.inFlight--;
    if (exchange.previous) exchange.previous.next = exchange.next;
    else this.#first = exchange.next;
    if (exchange.next) exchange.next.previous = exchange.previous;
    exchange.previous = undefined;
    exchange.next = undefined;
  }

  /** From now on every answer ends its connection: those in flight, and those to come. */
  beginClosing(): void {
    this.#isClosing = true;
    this.lastBegunMs = this.ports.system.clock.monotonicMs();
    for (const exchange of this.all()) exchange.sayClose();
  }

  /** A copy: whoever is told to stop may leave the list meanwhile. */
  all(): readonly InFlight[] {
    const all: InFlight[] = [];
    for (let exchange = this.#first; exchange; exchange = exchange.next) all.push(exchange);
    return all;
  }

  collect(sink: StatSink): void {
    sink.counter('millrace_http_requests_abandoned_total', 'Requests whose client left before the answer.', this.abandoned);
    sink.counter('millrace_http_requests_expired_total', 'Requests whose deadline passed before the answer.', this.expired);
    sink.counter('millrace_http_requests_slowed_total', 'Requests above the slow limit of their route.', this.slowed);
    for (const [limit, count] of Object.entries(this.refused))
      sink.counter('millrace_http_requests_refused_total', 'Requests over a limit of size.', count, { limit });
  }
}
