import { seeded } from './micro/cache/data.ts';

/** The reference workload: a million rows, a hundred thousand of them in use, asked for by Zipf's law, one call in twenty a write by the same law. */
export const reference = { rows: 1_000_000, active: 100_000, exponent: 1, writeShare: 0.05 } as const;

export interface ReferenceCall {
  /** Of the row, 0 to `rows` - 1: the active ones lie scattered among all. */
  readonly id: number;
  readonly isWrite: boolean;
}

/** The calls of the reference workload, one after the other; the same seed gives the same calls. */
export function referenceCalls(seed: number): () => ReferenceCall {
  const random = seeded(seed);
  const bounds = new Float64Array(reference.active);
  let total = 0;
  for (let rank = 0; rank < reference.active; rank++) {
    total += 1 / (rank + 1) ** reference.exponent;
    bounds[rank] = total;
  }
  return () => ({ id: idOf(rankOf(random() * total, bounds)), isWrite: random() < reference.writeShare });
}

/** The rows in use, the most wanted first. */
export const activeIds = (): number[] => Array.from({ length: reference.active }, (_, rank) => idOf(rank));

/** Ranks spread over all rows, one to one: the factor shares none with a million. */
const idOf = (rank: number): number => (rank * 314_157 + 11) % reference.rows;

function rankOf(chance: number, bounds: Float64Array): number {
  let [low, high] = [0, bounds.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((bounds[middle] as number) < chance) low = middle + 1;
    else high = middle;
  }
  return low;
}
