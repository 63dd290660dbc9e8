import {
  type CallContext,
  DeadlineError,
  type EventSink,
  everyMs,
  type Lifecycle,
  StoppedError,
  type System,
  silent,
  system as systemOfTheMachine,
} from '../../../kernel/index.ts';
import { waitFor } from '../../load/patience.ts';
import { CodecError, decodeEnvelope, encodeEnvelope } from '../codec/index.ts';
import { nameOf, patternNameOf } from '../names.ts';
import type { Envelope, Target, Tier, TierAnswer, TierStats, TierWrite } from '../tier.ts';
import { Desk, type Errand } from './desk.ts';
import type { DiskTierEvents } from './events.ts';
import type { DiskAnswer, DiskOperation, DiskWrite } from './messages.ts';
import { type DiskTierOptions, type ResolvedDiskTierOptions, resolveDiskTierOptions } from './options.ts';

export interface DiskTierPorts {
  readonly system?: System | undefined;
  readonly events?: EventSink<DiskTierEvents> | undefined;
}

/** Counts are those of this process; entries and bytes those of the file, as this process saw it last. */
export interface DiskTierStats extends TierStats {
  readonly expirations: number;
  /** Broken files put aside. */
  readonly setAside: number;
  /** Transactions that failed: disk full, read-only, input and output errors, a lock held too long. */
  readonly failures: number;
  /** Batches the thread was given: all calls of a turn are one. */
  readonly batches: number;
  /** Times the thread ended by itself. */
  readonly restarts: number;
  /** What could not be tidied up. */
  readonly leftovers: number;
}

const upkeepEveryMs = 1000;
const stopLimitMs = 2000;
/** The last moment a date can say. */
const lastMs = 8_640_000_000_000_000;

/**
 * Entries in a file that the processes of a host share and that survives them. A thread of its own reads and writes it (`node:sqlite`), one batch at a
 * time, so that a disk which does not answer costs the tier and nothing else: every call ends by its context's deadline. A file that is corrupt, cut or
 * somebody else's is put aside and an empty one begun. See store.ts for how fills and invalidations are decided, files.ts for how files change.
 */
export class DiskTier implements Tier, Lifecycle {
  readonly name = 'disk';
  readonly #options: ResolvedDiskTierOptions;
  readonly #system: System;
  readonly #desk: Desk;
  #stopUpkeep: (() => void) | undefined = undefined;
  #isUpkeepOut = false;

  /** Does no input or output. @throws MILLRACE_CONFIG */
  constructor(options: DiskTierOptions, { system = systemOfTheMachine, events = silent }: DiskTierPorts = {}) {
    this.#options = resolveDiskTierOptions(options);
    this.#system = system;
    const { directory, sizeBytes, maxEntries } = this.#options;
    this.#desk = new Desk({ directory, sizeBytes, maxEntries }, system.clock, {
      setAside: (file, because) => events.emit('cache.file.setAside', () => ({ file, because })),
      ended: (error) => events.emit('cache.worker.ended', () => ({ error })),
    });
  }

  /** Begins to take calls and opens the file. A file or directory that cannot be used fails the calls, not the start: the service goes on without. */
  async start(): Promise<void> {
    if (this.#stopUpkeep) return;
    this.#stopUpkeep = everyMs(this.#system.clock, upkeepEveryMs, () => this.#upkeep());
    await this.#upkeep();
  }

  /** Writes down what was used, closes the file, ends the thread. Calls that wait fail. */
  async stop(): Promise<void> {
    this.#stopUpkeep?.();
    this.#stopUpkeep = undefined;
    await this.#desk.stop(stopLimitMs);
  }

  async get(keys: readonly string[], context: CallContext): Promise<TierAnswer> {
    const { fence, bodies } = await this.#ask<DiskAnswer>({ kind: 'get', keys: keys.map(nameOf), nowMs: nowMs(context) }, context);
    return { entries: bodies.map((body) => (body === null ? undefined : decodeEnvelope(body))), fence };
  }

  async set(writes: readonly TierWrite[], context: CallContext): Promise<readonly boolean[]> {
    if (writes.length === 0) return [];
    return this.#ask<boolean[]>({ kind: 'set', writes: writes.map((write) => this.#written(write)), nowMs: nowMs(context) }, context);
  }

  async delete(keys: readonly string[], context: CallContext): Promise<number> {
    if (keys.length === 0) return 0;
    return this.#ask<number>({ kind: 'delete', keys: keys.map(nameOf), nowMs: nowMs(context) }, context);
  }

  invalidate(target: Target, context: CallContext): Promise<number> {
    return this.#ask<number>({ kind: 'invalidate', target: namedTarget(target), nowMs: nowMs(context) }, context);
  }

  stats(): DiskTierStats {
    const { entries, sizeBytes, evictions, expirations, setAside, failures, leftovers } = this.#desk.figures;
    const { restarts, batches } = this.#desk;
    return { policy: 'oldest use, to ten seconds', entries, sizeBytes, evictions, expirations, setAside, failures, restarts, batches, leftovers };
  }

  #written({ key, envelope, fence }: TierWrite): DiskWrite {
    const { freshUntilMs, staleForMs, graceMs, tags } = envelope;
    const body = encoded(envelope);
    const isKept = body !== undefined && Buffer.byteLength(body) <= this.#options.longestEntryBytes;
    const expiresMs = Math.ceil(Math.min(lastMs, freshUntilMs + Math.max(staleForMs, graceMs)));
    const names = [...new Set(tags.map(nameOf))];
    return { key: nameOf(key), fence: fence === undefined ? undefined : String(fence), body: isKept ? body : undefined, tags: names, expiresMs };
  }

  /** Upkeep never waits behind itself. What makes it fail, makes calls fail, and is counted by the thread. */
  async #upkeep(): Promise<void> {
    if (this.#isUpkeepOut) return;
    this.#isUpkeepOut = true;
    const operation: DiskOperation = { kind: 'upkeep', nowMs: this.#system.clock.wallMs() };
    await new Promise<void>((resolve) => this.#desk.take({ operation, resolve: () => resolve(), reject: () => resolve(), isGone: false }));
    this.#isUpkeepOut = false;
  }

  async #ask<Value>(operation: DiskOperation, context: CallContext): Promise<Value> {
    if (!this.#stopUpkeep) throw new StoppedError('the disk tier');
    const leftMs = context.remainingMs();
    if (context.isAborted) throw context.reason;
    if (leftMs <= 0) throw new DeadlineError(context.operation, leftMs);
    let errand: Errand | undefined;
    const work = new Promise<Value>((resolve, reject) => {
      errand = { operation, resolve, reject, isGone: false };
      this.#desk.take(errand);
    });
    try {
      const waited = await waitFor(work, context.deadlineMs, context);
      if (waited.outcome === 'came') return waited.value;
      throw waited.outcome === 'failed' ? waited.error : new DeadlineError(context.operation, leftMs);
    } finally {
      if (errand) errand.isGone = true;
    }
  }
}

const nowMs = (context: CallContext): number => context.system.clock.wallMs();

function namedTarget(target: Target): Target {
  if ('tag' in target) return { tag: nameOf(target.tag) };
  if ('key' in target) return { key: nameOf(target.key) };
  return 'entity' in target ? { entity: nameOf(target.entity) } : { pattern: patternNameOf(target.pattern) };
}

/** Undefined for what only memory can hold. */
function encoded(envelope: Envelope): string | undefined {
  try {
    return encodeEnvelope(envelope);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}
