/** How the pool stands, and what it did since it started. */
export interface PoolStats {
  /** Connections open now: idle, in use, and those being tidied up. */
  readonly total: number;
  readonly idle: number;
  readonly inUse: number;
  readonly connecting: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
  readonly minConnections: number;
  readonly maxConnections: number;
  /** Connections in use over the most there can be, 0 to 1. */
  readonly utilisation: number;
  readonly opened: number;
  readonly closed: number;
  readonly connectFailures: number;
  readonly acquired: number;
  /** Loans that had to wait, and how long: ms. */
  readonly waited: number;
  readonly waitMeanMs: number;
  readonly waitP95Ms: number;
  readonly waitMaxMs: number;
  /** Callers that got no connection in time. */
  readonly timeouts: number;
  /** Times a connection came back with an open transaction or session state. */
  readonly cleaned: number;
  /** Statements cut off: how many the server really cancelled, how many had ended by themselves, how many cost their connection. */
  readonly cancels: { readonly cancelled: number; readonly finished: number; readonly destroyed: number };
  readonly isBehindPooler: boolean;
  /** The server cannot be reached at the moment. */
  readonly isDown: boolean;
}
