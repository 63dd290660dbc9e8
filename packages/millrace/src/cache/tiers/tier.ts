import type { CallContext } from '../../kernel/index.ts';

/** What is kept beside a value. Times are wall time, ms since the epoch, as tiers are shared between processes and outlive them. */
export interface Envelope {
  /** Undefined: known to be absent. */
  readonly value: unknown;
  readonly storedAtMs: number;
  readonly freshUntilMs: number;
  /** For so long after `freshUntilMs` it may be given while it is refreshed. */
  readonly staleForMs: number;
  /** For so long after `freshUntilMs` it may be given when a load fails or is slow. */
  readonly graceMs: number;
  readonly tags: readonly string[];
  /** The version of its entity. Another version is a miss. */
  readonly version: string;
  /** How sure its source was, 0 to 1, where it said so. */
  readonly confidence: number | undefined;
}

/**
 * A moment in a tier's own order of events, opaque to everybody else. It is handed out with an answer and given back with what was loaded because of it:
 * the tier keeps the value only if nothing that concerns it was invalidated in between.
 */
export type Fence = string | number;

export interface TierAnswer {
  /** One for each key asked, in that order. Undefined: not here. */
  readonly entries: readonly (Envelope | undefined)[];
  readonly fence: Fence;
}

export interface TierWrite {
  readonly key: string;
  readonly envelope: Envelope;
  /** With a fence it is a fill and must give way to whatever happened since; without one it is what somebody knows to be right now. */
  readonly fence: Fence | undefined;
}

/** What is to be dropped. */
export type Target =
  /** A key and all below it: `user:123` means `user:123` and `user:123:…`, never `user:1234`. */
  | { readonly key: string }
  /** Everything that carries the tag. */
  | { readonly tag: string }
  /** `*` stands for any characters. */
  | { readonly pattern: string }
  /** All keys of an entity. */
  | { readonly entity: string };

/**
 * Who loads a key for everybody: `granted` to us, `held` by somebody else, `kept` a moment ago, perhaps after we looked, `failed` a moment ago with these words, or
 * `alone`: what was loaded could not be kept for others, so that each must load for himself.
 */
export type LeaseState = { readonly is: 'granted' | 'held' | 'kept' | 'alone' } | { readonly is: 'failed'; readonly reason: string };

/** What a holder says when it gives a lease back. `kept`: the value is in the tier; remembered for 100 ms. `free`: nothing. The other two are remembered for a second. */
export type LeaseEnd = { readonly is: 'kept' | 'free' | 'alone' } | { readonly is: 'failed'; readonly reason: string };

/** Figures a tier knows by itself; undefined where it does not. */
export interface TierStats {
  readonly policy: string;
  readonly entries: number | undefined;
  readonly sizeBytes: number | undefined;
  readonly evictions: number | undefined;
}

/**
 * One level of the cache. Implementations pass `testTier` of `millrace/testing`. Everything is a batch; a tier never throws for a value it cannot keep
 * (it answers `false`), only when it is not able to work; it ends by the context's deadline and abort.
 */
export interface Tier {
  /** A label of figures: `memory`, `disk`, `redis`, `postgres`. */
  readonly name: string;
  /** Other processes use it too: what one of them drops there is dropped for all. @default false */
  readonly isShared?: boolean | undefined;
  get(keys: readonly string[], context: CallContext): Promise<TierAnswer>;
  /** For each write whether it was stored. */
  set(writes: readonly TierWrite[], context: CallContext): Promise<readonly boolean[]>;
  /** Exactly these keys, and no fill that was begun before. How many were there. */
  delete(keys: readonly string[], context: CallContext): Promise<number>;
  /** All that is meant, and no fill that was begun before. How many were there. */
  invalidate(target: Target, context: CallContext): Promise<number>;
  /** From now on everything stored before is a miss. A tier that other processes write to has it; one that only we write to does not need it. */
  forget?(context: CallContext): Promise<void>;
  /**
   * Asks for the right to load these keys for all who share the tier, for so long; the holder may ask again, which renews it. It is only an optimisation:
   * whether a value may be kept is decided by its fence. A tier that has it has `release` too.
   */
  lease?(keys: readonly string[], holder: string, ms: number, context: CallContext): Promise<readonly LeaseState[]>;
  /** Gives back what this holder still holds. With `keptHolder` and `free` it takes away the word that a value was kept. */
  release?(keys: readonly string[], holder: string, end: LeaseEnd, context: CallContext): Promise<void>;
  stats(): TierStats;
}
