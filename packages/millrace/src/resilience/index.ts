export type { AbortedError, DeadlineError } from '../kernel/index.ts';
export {
  CircuitBreaker,
  type CircuitBreakerEvents,
  type CircuitBreakerOptions,
  type CircuitBreakerPorts,
  CircuitBreakerRegistry,
  type CircuitBreakerStats,
  CircuitOpenError,
  type CircuitState,
} from './circuit-breaker/index.ts';
export {
  type CoalesceEvents,
  type CoalesceLayer,
  CoalesceLoopError,
  type CoalesceOptions,
  type CoalescePorts,
  type CoalesceStats,
  coalesce,
  Flights,
} from './coalesce/index.ts';
export { resilienceErrors } from './errors.ts';
export { TimeoutError, type TimeoutEvents, type TimeoutLayer, type TimeoutOptions, type TimeoutPorts, type TimeoutStats, timeout } from './timeout/index.ts';
