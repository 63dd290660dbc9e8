import type { Clock } from '../../../kernel/index.ts';
import type { Positions } from '../positions.ts';
import type { ReaderNote } from './note.ts';

/** What was committed before is trusted to be known for so long: the bound of every answer. */
export const trustMs = 5000;
/** Not heard for so long, a reader that still holds the lock is taken to be frozen or cut off. */
export const longestQuietMs = 3000;
/** A hand-over of which nothing was heard for so long has failed. */
const handOverMs = 2000;

/** The cache, as far as it trusts in being told of changed tables. */
export interface FeedTrust {
  /** Something may have been missed: what depends on tables is looked up anew. */
  doubt(): Promise<unknown>;
  /** Until then, monotonic ms, it knows of every change. Infinity: nobody will tell it of any. */
  trustUntil(ms: number): void;
}

export interface CoveragePorts {
  readonly clock: Clock;
  readonly positions: Positions;
  readonly trust: FeedTrust;
  /** Marks of the mappings of this process. */
  readonly marks: () => ReadonlySet<string>;
}

/**
 * What this process knows of the feed, whoever reads it: itself or another. Places in the log say whether two readers leave a gap between them: who begins at or
 * below the place we have passed continues the one before, and nothing was missed, however the change came about. Else all that is held is in doubt, once.
 */
export class Coverage {
  readonly #ports: CoveragePorts;
  #reader = '';
  #standing: ReaderNote['standing'] = 'reading';
  #heardMs: number = Number.NEGATIVE_INFINITY;
  #nextHeardMs: number = Number.NEGATIVE_INFINITY;
  #trustedUntilMs = 0;
  #uncoveredSinceMs: number | undefined;
  #doubting: Promise<void> | undefined;
  #doubts = 0;
  #handOvers = 0;

  constructor(ports: CoveragePorts) {
    this.#ports = ports;
  }

  /** Life of the reader that was heard last. */
  get reader(): string {
    return this.#reader;
  }

  get doubts(): number {
    return this.#doubts;
  }

  /** Times another life of a reader continued where we were, with nothing in doubt. */
  get handOvers(): number {
    return this.#handOvers;
  }

  /** Since a reader was heard, ms. */
  get silentMs(): number {
    return this.#ports.clock.monotonicMs() - this.#heardMs;
  }

  /** Is what is held known to be no older than the bound? */
  get isLive(): boolean {
    return this.#ports.clock.monotonicMs() < this.#trustedUntilMs;
  }

  /** For so long a reader was heard that does not map the rows of our entities; 0 otherwise. */
  get uncoveredMs(): number {
    return this.#uncoveredSinceMs === undefined ? 0 : this.#ports.clock.monotonicMs() - this.#uncoveredSinceMs;
  }

  /** The reader that was heard last leaves, and nobody was heard that follows it. */
  get isLeaving(): boolean {
    return this.#standing === 'leaving' && this.silentMs < handOverMs;
  }

  /** A reader leaves, or one that is to follow it was heard a moment ago: the place is not free. */
  get isHandingOver(): boolean {
    return this.isLeaving || this.#ports.clock.monotonicMs() - this.#nextHeardMs < handOverMs;
  }

  /** Do the mappings of the reader cover ours? */
  covers({ covers }: ReaderNote): boolean {
    const theirs = new Set(covers);
    return [...this.#ports.marks()].every((mark) => theirs.has(mark));
  }

  /** A reader has spoken. Everything it announced before has been heard, or was put in doubt by the channel. */
  async hear(note: ReaderNote, knownMs: number): Promise<void> {
    const { clock, positions } = this.#ports;
    if (!this.covers(note)) {
      this.#uncoveredSinceMs ??= clock.monotonicMs();
      return;
    }
    this.#uncoveredSinceMs = undefined;
    if (note.standing === 'next') this.#nextHeardMs = clock.monotonicMs();
    else if (note.standing === 'reading') this.#nextHeardMs = Number.NEGATIVE_INFINITY;
    const isBehind = note.from > positions.reached;
    if (isBehind && note.standing === 'next') return; // the one before still reads, and closes the gap
    // One that still speaks and has proved nothing for too long is cut off from the database: it counts as silent.
    if (note.ageMs < longestQuietMs || note.reader !== this.#reader) this.#heardMs = clock.monotonicMs();
    if (this.#doubting !== undefined) return; // it speaks again soon
    const isNew = note.standing !== 'next' && note.reader !== this.#reader;
    if (isBehind) await this.doubt();
    else if (isNew && this.#reader !== '') this.#handOvers++;
    if (isNew) this.#reader = note.reader;
    if (note.standing !== 'next') this.#standing = note.standing;
    positions.jump(note.position);
    this.#trust(knownMs - note.ageMs + trustMs);
  }

  doubt(): Promise<void> {
    this.#doubts++;
    this.#doubting ??= this.#ports.trust
      .doubt()
      .then(() => {})
      .finally(() => {
        this.#doubting = undefined;
      });
    return this.#doubting;
  }

  /** Changes cannot be followed here, and are not waited for: what is held lives by its TTL. */
  release(): void {
    this.#trustedUntilMs = 0;
    this.#ports.trust.trustUntil(Number.POSITIVE_INFINITY);
  }

  /** What it was told last is the newest it knows. */
  #trust(untilMs: number): void {
    if (untilMs <= this.#trustedUntilMs) return;
    this.#trustedUntilMs = untilMs;
    if (untilMs > this.#ports.clock.monotonicMs()) this.#ports.trust.trustUntil(untilMs);
  }
}
