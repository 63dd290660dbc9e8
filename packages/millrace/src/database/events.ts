import type { ChangesEvents } from './changes/index.ts';
import type { Holder } from './errors.ts';

/** What the database part tells, off the hot path. No event holds a parameter's value. */
export interface DatabaseEvents extends ChangesEvents {
  'database.connection.opened': { readonly processId: number; readonly tookMs: number; readonly total: number };
  /** `reason` is one of a few words: `idle`, `lifetime`, `error`, `dirty`, `cancelled`, `invalid`, `stopped`, `lost`. */
  'database.connection.closed': { readonly processId: number; readonly reason: ClosedReason; readonly ageMs: number; readonly total: number };
  /** One attempt to connect failed; the next one comes after `nextInMs`. */
  'database.connection.failed': { readonly address: string; readonly reason: string; readonly failures: number; readonly nextInMs: number };
  /** The first failure after a success, and the first success after a failure. */
  'database.server.lost': { readonly address: string; readonly reason: string };
  'database.server.returned': { readonly address: string; readonly awayMs: number };
  /** A connection came back with an open transaction or with session state, and was cleaned. */
  'database.connection.cleaned': { readonly operation: string; readonly found: 'transaction' | 'session' };
  /** A connection has been held for long: a leak, or a transaction that waits for something else. Told once per loan. */
  'database.connection.overheld': Holder;
  /** Every connection is in use and somebody waits. Told when it begins. */
  'database.pool.exhausted': { readonly inUse: number; readonly maxConnections: number; readonly waiting: number; readonly holders: readonly Holder[] };
  /** A transaction pooler stands between the program and PostgreSQL: session state and cancels are not ours alone. */
  'database.pooler.noticed': { readonly address: string };
  'database.tls.unverified': { readonly address: string };
  /** A statement was cut off. `outcome`: it was cancelled, it had finished by itself, or its connection was destroyed in doubt. */
  'database.statement.cancelled': {
    readonly statement: string;
    readonly reason: string;
    readonly outcome: 'cancelled' | 'finished' | 'destroyed';
    readonly tookMs: number;
  };
  'database.statement.slowed': SlowStatement;
  'database.transaction.retried': { readonly operation: string; readonly sqlState: string; readonly attempt: number; readonly inMs: number };
  /** A connection died in COMMIT; what the server said afterwards. */
  'database.commit.settled': { readonly transactionId: string; readonly outcome: 'committed' | 'aborted' | 'unknown' };
  'database.migration.applied': { readonly id: string; readonly tookMs: number };
  /** Another process runs migrations; this one waits. Told once. */
  'database.migration.awaited': { readonly limitMs: number };
  /** An index that a failed concurrent build left invalid was dropped, so that it can be built again. */
  'database.index.dropped': { readonly index: string; readonly migration: string };
  /** A NOTICE or WARNING of the server. */
  'database.notice.received': { readonly severity: string; readonly sqlState: string; readonly message: string };
}

export type ClosedReason = 'idle' | 'lifetime' | 'error' | 'dirty' | 'cancelled' | 'invalid' | 'stopped' | 'lost';

/** A statement over the threshold. Parameters by count and kind only. */
export interface SlowStatement {
  /** Normalized: no values. */
  readonly statement: string;
  readonly tookMs: number;
  readonly waitedMs: number;
  readonly rows: number;
  readonly parameters: readonly string[];
  readonly operation: string;
  readonly caller: string | undefined;
  readonly correlationId: string;
  readonly traceId: string;
  readonly failed: boolean;
}
