interface Reading {
  readonly atMs: number;
  readonly hits: number;
  readonly misses: number;
}

const sliceMs = 10_000;
const slices = 30;

/**
 * The hit rate of the last five minutes, out of counters that only grow: a reading is kept every ten seconds, taken when somebody passes by (a miss, or
 * a reader), so a hit pays nothing for it.
 */
export class RateWindow {
  #readings: Reading[] = [{ atMs: 0, hits: 0, misses: 0 }];

  /** Keeps a reading when the last one is old enough. */
  note(nowMs: number, hits: number, misses: number): void {
    const last = this.#readings.at(-1);
    if (last && nowMs - last.atMs < sliceMs) return;
    this.#readings.push({ atMs: nowMs, hits, misses });
    if (this.#readings.length > slices + 1) this.#readings.shift();
  }

  /** Hits over hits and misses since the oldest reading of the last five minutes that something has happened after; NaN when nothing was asked. */
  rate(nowMs: number, hits: number, misses: number): number {
    this.note(nowMs, hits, misses);
    const asked = hits + misses;
    const recent = this.#readings.find((reading) => nowMs - reading.atMs <= sliceMs * slices && reading.hits + reading.misses < asked);
    const from = recent ?? this.#readings.findLast((reading) => reading.hits + reading.misses < asked) ?? { hits, misses };
    return (hits - from.hits) / (asked - from.hits - from.misses);
  }
}
