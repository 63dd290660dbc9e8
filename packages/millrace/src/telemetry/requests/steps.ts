import type { Seam, StepOutcome } from '../../kernel/index.ts';

/** In the order they are drawn; a step keeps the index. */
export const seams: readonly Seam[] = ['queue', 'cache', 'database', 'external', 'own'];
export const seamIndex: Readonly<Record<Seam, number>> = { queue: 0, cache: 1, database: 2, external: 3, own: 4 };
export const ownSeam = 4;

/** Index 0 is a step that has not ended. */
export const outcomes: readonly (StepOutcome | 'open')[] = ['open', 'ok', 'hit', 'stale', 'miss', 'error', 'cancelled'];
export const outcomeIndex: Readonly<Record<StepOutcome, number>> = { ok: 1, hit: 2, stale: 3, miss: 4, error: 5, cancelled: 6 };

/** Steps kept of one request; what comes after belongs to whatever was open then. */
export const mostSteps = 200;

/** The steps of one request in flat arrays, which a later request uses again. Times are ms after the start of the request. */
export interface StepBlock {
  length: number;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly parents: Int16Array;
  readonly seams: Uint8Array;
  readonly outcomes: Uint8Array;
  readonly names: string[];
  readonly notes: string[];
}

const mostSpareBlocks = 128;

/** Blocks that wait for the next request. At most 128 are kept, 1 MB together. */
export class BlockPool {
  readonly #spare: StepBlock[] = [];

  take(): StepBlock {
    return this.#spare.pop() ?? newBlock();
  }

  give(block: StepBlock): void {
    block.length = 0;
    if (this.#spare.length < mostSpareBlocks) this.#spare.push(block);
  }
}

const newBlock = (): StepBlock => ({
  length: 0,
  starts: new Float64Array(mostSteps),
  ends: new Float64Array(mostSteps),
  parents: new Int16Array(mostSteps),
  seams: new Uint8Array(mostSteps),
  outcomes: new Uint8Array(mostSteps),
  names: [],
  notes: [],
});
