import { ConfigError, type ConfigProblem, type StatSink, type StatSource } from '../../kernel/index.ts';
import { CircuitBreaker, type CircuitBreakerPorts, type CircuitBreakerStats } from './circuit-breaker.ts';
import type { CircuitBreakerOptions } from './options.ts';

const stateValues = { closed: 0, 'half open': 1, open: 2, isolated: 2 } as const;
/** More breakers than this are names made of data: keys, hosts, ids. */
const mostBreakers = 1000;

/** One breaker a service name, so that all callers of a service share what is known about it. */
export class CircuitBreakerRegistry implements StatSource {
  readonly name = 'circuit breakers';
  readonly #ports: CircuitBreakerPorts;
  readonly #breakers: Map<string, CircuitBreaker> = new Map();

  constructor(ports: CircuitBreakerPorts) {
    this.#ports = ports;
  }

  /** The breaker of a service, made with `options` when it is first asked for. */
  breaker(service: string, options?: CircuitBreakerOptions): CircuitBreaker {
    let found = this.#breakers.get(service);
    if (!found) {
      if (this.#breakers.size >= mostBreakers) throw new ConfigError([tooMany(service)]);
      found = new CircuitBreaker(service, options, this.#ports);
      this.#breakers.set(service, found);
    }
    return found;
  }

  /** Closes every breaker; returns how many were not closed. */
  resetAll(): number {
    const open = [...this.#breakers.values()].filter(({ state }) => state !== 'closed');
    for (const breaker of open) breaker.reset();
    return open.length;
  }

  stats(): readonly CircuitBreakerStats[] {
    return [...this.#breakers.values()].map((breaker) => breaker.stats());
  }

  collect(sink: StatSink): void {
    for (const breaker of this.#breakers.values()) {
      const labels = { circuit_name: breaker.name };
      const { state, refused, opened } = breaker.stats();
      sink.gauge('circuit_breaker_state', 'State of a circuit breaker: 0 closed, 1 half open, 2 open', stateValues[state], labels);
      sink.counter('millrace_resilience_breaker_refused_total', 'Calls refused by an open circuit breaker', refused, labels);
      sink.counter('millrace_resilience_breaker_opened_total', 'Times a circuit breaker opened', opened, labels);
    }
  }
}

const tooMany = (service: string): ConfigProblem => ({
  setting: 'breaker name',
  found: `${JSON.stringify(service.slice(0, 60))}, the ${mostBreakers + 1}th`,
  allowed: `one name a service, ${mostBreakers} at most`,
});
