export interface CircuitBreakerEvents {
  'resilience.breaker.opened': { readonly name: string; readonly failures: number; readonly resetMs: number; readonly reason: string };
  'resilience.breaker.halfOpened': { readonly name: string };
  'resilience.breaker.closed': { readonly name: string; readonly openMs: number };
}
