/** Cells of one bucket: where a key may stand. */
const ways = 4;
const smallestCells = 256;
/** Cells for each entry of the store; two ghosts an entry are alive at most. */
const cellsPerEntry = 2.5;
/** Ages are told in steps of a 2,048th of the store. */
const stepsOfStore = 11;
const stampMask = 0x3fff;

/** Where an entry was when it went: pushed out of the small queue or of main, or taken out of main by its owner. */
export type GhostOf = 0 | 1 | 2;
export const takenOut = 2;

/**
 * Keys that went not long ago, without the keys: 16 bits of their hash, where they were, and when. "Long" is counted in what passed through the queue they
 * were in since. A cell has four bytes; a bucket of four cells gives up its oldest. Two keys that look alike are admitted the wrong way, once in some
 * thousands, and nothing else goes wrong.
 */
export class Ghosts {
  #cells: Uint32Array = new Uint32Array(0);
  #entries = 0;
  #shift = 0;
  #bucketShift = 0;
  readonly #passed: [number, number] = [0, 0];

  /** One more entry has come into the queue (main), or has left it unused (small): the time its ghosts age by. */
  pass(queue: 0 | 1): void {
    this.#passed[queue]++;
  }

  /** Remembers a key for a store of so many entries. A store of twice or a quarter of the size begins anew: its ages have another step. */
  add(hash: number, ghostOf: GhostOf, entries: number): void {
    if (entries > this.#entries * 2 || entries * 4 < this.#entries) this.#fit(entries);
    const first = this.#bucketOf(hash);
    let oldest = first;
    let age = -1;
    for (let at = first; at < first + ways; at++) {
      const cell = this.#cells[at] as number;
      const ageOfCell = cell === 0 ? stampMask + 1 : this.#ageOf(cell);
      if (ageOfCell > age) [oldest, age] = [at, ageOfCell];
    }
    this.#cells[oldest] = (fingerprintOf(hash) | (this.#stampOf(ghostOf) << 2) | ghostOf) >>> 0;
  }

  /** Where this key was when it went, no longer ago than `within` passages for each of the three; undefined for a stranger. It is forgotten. */
  take(hash: number, within: readonly [number, number, number]): GhostOf | undefined {
    if (this.#entries === 0) return undefined;
    const wanted = fingerprintOf(hash) >>> 16;
    const first = this.#bucketOf(hash);
    for (let at = first; at < first + ways; at++) {
      const cell = this.#cells[at] as number;
      if (cell >>> 16 !== wanted || cell === 0) continue;
      this.#cells[at] = 0;
      const ghostOf = (cell & 3) as GhostOf;
      if (this.#ageOf(cell) << this.#shift < within[ghostOf]) return ghostOf;
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

  #stampOf(ghostOf: GhostOf): number {
    return (this.#passed[clockOf(ghostOf)] >>> this.#shift) & stampMask;
  }

  #ageOf(cell: number): number {
    return (this.#stampOf((cell & 3) as GhostOf) - ((cell >>> 2) & stampMask)) & stampMask;
  }
}

const clockOf = (ghostOf: GhostOf): 0 | 1 => (ghostOf === 0 ? 0 : 1);

/** Never 0 in its upper half, so that an empty cell is nobody's. */
const fingerprintOf = (hash: number): number => ((hash & 0xffff_0000) === 0 ? 0x1_0000 : hash & 0xffff_0000) >>> 0;
