/** What a time limit tells. */
export interface TimeoutEvents {
  /** The limit was reached: the caller has its error, the callee was told to stop. */
  'resilience.timeout.expired': { readonly operation: string; readonly limitMs: number; readonly correlationId: string };
  /** The callee settled after its caller had given up: how late, and how. A callee that is often late does not listen to its signal. */
  'resilience.timeout.overrun': { readonly operation: string; readonly limitMs: number; readonly lateMs: number; readonly outcome: 'answered' | 'failed' };
}
