import { mostSteps, ownSeam, type StepBlock } from './steps.ts';

/**
 * Whose time it was. A moment belongs to the innermost step that runs then: a database step inside a cache step counts as database, what is left
 * around it as cache, and where no step runs at all it is the request's own time. Where several innermost steps run side by side, they share the moment,
 * so the seams always add up to the whole.
 *
 * Most requests do one thing after the other: one pass over the steps is enough. Only where steps overlap are the moments between their edges looked at.
 */
export interface Spent {
  /** Ms per seam, in the order of `seams`; valid until the next call. */
  readonly perSeam: Float64Array;
  /** Ms per step without the steps inside it; valid until the next call. */
  readonly perStep: Float64Array;
}

const perSeam = new Float64Array(5);
const perStep = new Float64Array(mostSteps);
/** Per parent (shifted by one, so that the request itself is 0): where its newest child ended. */
const newestEnd = new Float64Array(mostSteps + 1);
const spent: Spent = { perSeam, perStep };

export function spentBy(block: StepBlock | undefined, durationMs: number): Spent {
  perSeam.fill(0);
  perSeam[ownSeam] = durationMs;
  if (!block || block.length === 0) return spent;
  if (!inOnePass(block, durationMs)) bySharing(block, durationMs);
  let inSteps = 0;
  for (let step = 0; step < block.length; step++) {
    const ms = perStep[step] as number;
    inSteps += ms;
    if (block.seams[step] !== ownSeam) perSeam[block.seams[step] as number]! += ms;
    else inSteps -= ms;
  }
  perSeam[ownSeam] = Math.max(0, durationMs - inSteps);
  return spent;
}

/** False when two steps overlap, or one outlives its parent. */
function inOnePass(block: StepBlock, durationMs: number): boolean {
  newestEnd.fill(0, 0, block.length + 1);
  for (let step = 0; step < block.length; step++) {
    const start = block.starts[step] as number;
    const end = block.ends[step] as number;
    const parent = block.parents[step] as number;
    const parentEnd = parent < 0 ? durationMs : (block.ends[parent] as number);
    if (end > parentEnd || start < (newestEnd[parent + 1] as number)) return false;
    newestEnd[parent + 1] = end;
    perStep[step] = end - start;
    if (parent >= 0) perStep[parent]! -= end - start;
  }
  return true;
}

const running = new Int16Array(mostSteps);
const hasInner = new Uint8Array(mostSteps);

function bySharing(block: StepBlock, durationMs: number): void {
  perStep.fill(0, 0, block.length);
  const edges = edgesOf(block, durationMs);
  for (let edge = 1; edge < edges.length; edge++) {
    const from = edges[edge - 1] as number;
    const until = edges[edge] as number;
    if (until > from) share(block, from, until);
  }
}

const edgesOf = ({ length, starts, ends }: StepBlock, durationMs: number): Float64Array => {
  const edges = new Float64Array(length * 2);
  for (let step = 0; step < length; step++) {
    edges[step * 2] = Math.min(durationMs, starts[step] as number);
    edges[step * 2 + 1] = Math.min(durationMs, ends[step] as number);
  }
  return edges.sort();
};

/** Gives the time between two edges to the innermost steps that run then. A step always comes after its parent, so one pass from the end finds them. */
function share({ length, starts, ends, parents }: StepBlock, from: number, until: number): void {
  let innermost = 0;
  hasInner.fill(0, 0, length);
  for (let step = length - 1; step >= 0; step--) {
    if ((starts[step] as number) > from || (ends[step] as number) < until) continue;
    if (hasInner[step] === 0) running[innermost++] = step;
    const parent = parents[step] as number;
    if (parent >= 0) hasInner[parent] = 1;
  }
  for (let one = 0; one < innermost; one++) perStep[running[one] as number]! += (until - from) / innermost;
}
