/** What a single flight tells. */
export interface CoalesceEvents {
  /** The last caller left before the run had ended; the run was told to stop. */
  'resilience.flight.abandoned': { readonly operation: string; readonly callers: number; readonly ranMs: number; readonly correlationId: string };
  /** As many keys as allowed were in flight: this call ran by itself. */
  'resilience.flight.bypassed': { readonly operation: string; readonly maxKeys: number; readonly correlationId: string };
}
