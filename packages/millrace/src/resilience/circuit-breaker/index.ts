export { CircuitBreaker, type CircuitBreakerPorts, type CircuitBreakerStats, type CircuitState } from './circuit-breaker.ts';
export { CircuitOpenError } from './errors.ts';
export type { CircuitBreakerEvents } from './events.ts';
export type { CircuitBreakerOptions } from './options.ts';
export { CircuitBreakerRegistry } from './registry.ts';
