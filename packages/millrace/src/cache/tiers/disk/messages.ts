import type { Target } from '../tier.ts';

/* What goes to the worker and comes back. Keys, tags and patterns are names (see ../names.ts) by then, values are encoded envelopes. */

export interface DiskWrite {
  readonly key: string;
  /** With a fence it is a fill. */
  readonly fence: string | undefined;
  /** Undefined: it cannot be kept; what stood there goes. */
  readonly body: string | undefined;
  readonly tags: readonly string[];
  readonly expiresMs: number;
}

export type DiskOperation =
  | { readonly kind: 'get'; readonly keys: readonly string[]; readonly nowMs: number }
  | { readonly kind: 'set'; readonly writes: readonly DiskWrite[]; readonly nowMs: number }
  | { readonly kind: 'delete'; readonly keys: readonly string[]; readonly nowMs: number }
  | { readonly kind: 'invalidate'; readonly target: Target; readonly nowMs: number }
  | { readonly kind: 'upkeep'; readonly nowMs: number };

export interface DiskAnswer {
  readonly fence: string;
  /** Encoded envelopes; null where there is none. */
  readonly bodies: readonly (string | null)[];
}

/** What came of one operation: its value, or why there is none. */
export type DiskOutcome = { readonly value: unknown } | { readonly failed: string };

/** Counts of this process since its worker started, and what the file holds. */
export interface DiskFigures {
  readonly entries: number;
  readonly sizeBytes: number;
  readonly evictions: number;
  readonly expirations: number;
  /** Files put aside. */
  readonly setAside: number;
  /** Transactions that failed: disk full, read-only, input and output errors, a lock held too long. */
  readonly failures: number;
  /** What could not be tidied up: an old file that stays, a roll back that failed. */
  readonly leftovers: number;
}

export type ToWorker = { readonly operations: readonly DiskOperation[] } | { readonly end: true };

export interface FromWorker {
  /** By their place in the batch. */
  readonly outcomes: readonly (readonly [place: number, outcome: DiskOutcome])[];
  /** True with the last message of a batch. */
  readonly isDone: boolean;
  readonly figures: DiskFigures;
  readonly setAside: readonly { readonly file: string; readonly because: string }[];
}

export interface WorkerLimits {
  readonly directory: string;
  readonly sizeBytes: number;
  readonly maxEntries: number;
}
