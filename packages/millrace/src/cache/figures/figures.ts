import { Histogram } from '../../telemetry/index.ts';

/**
 * What is counted for one entity, or for the plain keys. Plain fields, written on the way and read when somebody asks; counts only grow, so they add up
 * over processes, and a rate is made by whoever reads two of them.
 */
export class EntityFigures {
  /** Answered with a value, or the knowledge that there is none, from any tier. */
  hits = 0;
  /** Answered with a value past its TTL: at once, while it is refreshed (a hit), or after a load that failed or was slow (a miss). */
  staleHits = 0;
  /** Nothing usable in any tier: somebody waited for the loader. */
  misses = 0;
  /** Calls of the loader, and the ids they asked for. */
  loads = 0;
  loadedIds = 0;
  loadErrors = 0;
  /** Values that were not kept: too large, or outdated when they came. */
  refusedSize = 0;
  refusedOutdated = 0;
  /** Entries of the memory tier found past their time, pushed out by others, dropped on request. */
  expirations = 0;
  evictions = 0;
  invalidations = 0;
  /** What the memory tier holds now. */
  entries = 0;
  sizeBytes = 0;
  /** Microseconds. */
  readonly loadTime: Histogram = new Histogram();
}

/** What is counted for one tier. */
export class TierFigures {
  hits = 0;
  misses = 0;
  stores = 0;
  /** Calls that failed or ran past the tier's budget, and calls that were not made because it is being left alone. */
  errors = 0;
  skipped = 0;
}

/** Hits over hits and misses; NaN when nothing was asked. */
export const rateOf = (hits: number, misses: number): number => hits / (hits + misses);
