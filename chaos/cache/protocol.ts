/** What a process of the fleet is told when it starts. */
export interface ProcessSettings {
  readonly name: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly directory: string;
  readonly seed: number;
  /** Rows only this process writes, so that it knows which version it may not fall behind. */
  readonly ownItems: readonly number[];
  /** The bug this process has. */
  readonly planted: 'none' | 'deaf to the database';
}

/** One answer: which row or shelf, the version given (-1: the read failed), when the read began, the version it had to know at least, and with what it failed. */
export type ReadRecord = readonly [key: string, version: number, startMs: number, floor: number, failure?: string];
/** A commit of this process: the row, its version, when it was known to be visible. */
export type WriteRecord = readonly [item: number, version: number, atMs: number];

export interface ProcessReport {
  readonly reads: readonly ReadRecord[];
  readonly writes: readonly WriteRecord[];
  /** Writes that failed, and how often. */
  readonly failures: Readonly<Record<string, number>>;
  /** Where answers came from. */
  readonly tiers: Readonly<Record<string, number>>;
}

export const items = 240;
export const shelves = 24;
/** Shelf 0 holds the first ten rows, and so on: a shelf has one writer. */
export const shelfOf = (item: number): number => Math.floor(((item - 1) * shelves) / items);

/** Monotonic ms, the same for every process of the machine. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** mulberry32: the same seed, the same plan. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
