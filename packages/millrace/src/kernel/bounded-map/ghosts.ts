/** Cells of one bucket: where a key may stand. */
const ways = 4;
const smallestCells = 256;
/** Cells for each entry of the store; two ghosts an entry are alive at most. */
const cellsPerEntry = 2.5;
/** Ages are told in steps of a 2,048th of the store. */
const stepsOfStore = 11;
const stampMask = 0x7fff;

/** The queue an entry was pushed out of. */
export type GhostQueue = 0 | 1;

/**
 * Keys that were pushed out of a queue not long ago, without the keys: 16 bits of their hash, and when. "Long" is counted in what passed through that queue
 * since. A cell has four bytes, fingerprint, stamp and queue; a bucket of four gives up its oldest. Two keys that look alike are admitted the wrong way, once
 * in some thousands, and nothing else goes wrong.
 */
export class Ghosts {
  #cells: Uint32Array = new Uint32Array(0);
  #entries = 0;
  #shift = 0;
  #bucketShift = 0;
  readonly #passed: [number, number] = [0, 0];

  /** One more entry has come into the queue (main), or has left it unused (small): the time its ghosts age by. */
  pass(queue: GhostQueue): void {
    this.#passed[queue]++;
  }

  /** Remembers a key for a store of so many entries. A store of twice or half the size begins anew: its ages have another step. */
  add(hash: number, queue: GhostQueue, entries: number): void {
    if (entries > this.#entries * 2 || entries * 4 < this.#entries) this.#fit(entries);
    const from = this.#bucketOf(hash);
    let oldest = from;
    let age = -1;
    for (let at = from; at < from + ways; at++) {
      const cell = this.#cells[at] as number;
      const ageOfCell = cell === 0 ? stampMask + 1 : this.#ageOf(cell);
      if (ageOfCell > age) [oldest, age] = [at, ageOfCell];
    }
    this.#cells[oldest] = (fingerprintOf(hash) | (this.#stampOf(queue) << 1) | queue) >>> 0;
  }

  /** Which queue this key was pushed out of, no longer ago than `within` passages; undefined for a stranger. It is forgotten. */
  take(hash: number, within: readonly [number, number]): GhostQueue | undefined {
    if (this.#entries === 0) return undefined;
    const wanted = fingerprintOf(hash) >>> 16;
    const from = this.#bucketOf(hash);
    for (let at = from; at < from + ways; at++) {
      const cell = this.#cells[at] as number;
      if (cell >>> 16 !== wanted || cell === 0) continue;
      this.#cells[at] = 0;
      const queue = (cell & 1) as GhostQueue;
      if (this.#ageOf(cell) << this.#shift < within[queue]) return queue;
    }
    return undefined;
  }

  get sizeBytes(): number {
    return this.#cells.byteLength;
  }

  #fit(entries: number): void {
    let cells = smallestCells;
    while (cells < entries * cellsPerEntry) cells *= 2;
    this.#entries = entries;
    this.#shift = Math.max(0, 31 - Math.clz32(entries) - stepsOfStore);
    this.#bucketShift = Math.clz32(cells / ways) + 1;
    this.#cells = new Uint32Array(cells);
  }

  #bucketOf(hash: number): number {
    return (Math.imul(hash, 0x9e3779b1) >>> this.#bucketShift) * ways;
  }

  #stampOf(queue: GhostQueue): number {
    return (this.#passed[queue] >>> this.#shift) & stampMask;
  }

  #ageOf(cell: number): number {
    return (this.#stampOf((cell & 1) as GhostQueue) - ((cell >>> 1) & stampMask)) & stampMask;
  }
}

/** Never 0 in its upper half, so that an empty cell is nobody's. */
const fingerprintOf = (hash: number): number => ((hash & 0xffff_0000) === 0 ? 0x1_0000 : hash & 0xffff_0000) >>> 0;
