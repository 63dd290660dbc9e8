/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The 95 % interval of the median: the rounds are drawn again and again with replacement (Efron's percentile bootstrap), and the middle
 * 95 % of the medians are kept. Seeded, so that the same rounds give the same interval.
 */
export function medianInterval(values: readonly number[], draws = 2000, seed = 1): Interval {
  if (values.length === 0) return { low: Number.NaN, high: Number.NaN };
  const next = seeded(seed);
  const medians = new Float64Array(draws);
  const draw = new Array<number>(values.length);
  for (let one = 0; one < draws; one++) {
    for (let at = 0; at < draw.length; at++) draw[at] = values[Math.floor(next() * values.length)] as number;
    medians[one] = median(draw);
  }
  medians.sort();
  return { low: medians[Math.floor(draws * 0.025)] as number, high: medians[Math.ceil(draws * 0.975) - 1] as number };
}

/** xorshift32: small, and the same everywhere. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0 || 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 4_294_967_296;
  };
}

/** Ours over the peer's, round by round, so that what the machine did to both in one round cancels out. */
export const pairedRatios = (ours: readonly number[], peer: readonly number[], baseline?: readonly number[]): number[] =>
  ours.map((value, round) => {
    const off = baseline?.[round] ?? 0;
    return (value - off) / ((peer[round] as number) - off);
  });
