/** Halved after so many departures, in main queues. */
const memory = 2;
const leastMemory = 64;

/** How somebody came into the main queue. `left`: who was pushed out of it unused, the measure of all others. */
export const groups = { none: 0, usedOnce: 1, returned: 2, drawn: 3 } as const;
export type Group = (typeof groups)[keyof typeof groups];

/**
 * Who is worth a place in the main queue? Of each group of newcomers it is counted how many were used again within their first passage; of those that were
 * pushed out, how many were wanted again within the time of another passage. A group is let in as long as its members are used at least about as often as
 * those that must go for them. Counts age, so the answer follows the traffic.
 */
export class ReuseRates {
  readonly #seen: Float64Array = new Float64Array(4);
  readonly #used: Float64Array = new Float64Array(4);
  #departures = 0;

  /** The first passage of a newcomer is over. */
  passed(group: Group, wasUsed: boolean): void {
    this.#seen[group]!++;
    if (wasUsed) this.#used[group]!++;
  }

  /** Somebody was pushed out of a main queue of so many. */
  left(mainEntries: number): void {
    this.#seen[groups.none]!++;
    if (++this.#departures < memory * mainEntries + leastMemory) return;
    this.#departures = 0;
    for (let group = 0; group < 4; group++) {
      this.#seen[group]! *= 0.5;
      this.#used[group]! *= 0.5;
    }
  }

  /** Somebody who was pushed out of main is wanted again within the time he would have stayed. */
  wanted(): void {
    this.#used[groups.none]!++;
  }

  /** Is this group used at least `share` as often as those that go? */
  isWorth(group: Group, share: number): boolean {
    return this.#rate(group, 1) >= share * this.#rate(groups.none, 0);
  }

  /** Between 0 and 1. Before anything was seen newcomers count as used half the time, and those that go as never: who knows nothing lets in. */
  #rate(group: Group, usedBefore: number): number {
    return ((this.#used[group] as number) + usedBefore) / ((this.#seen[group] as number) + 2);
  }
}
