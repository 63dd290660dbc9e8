const rows = 4;
/** Counters of a row for each entry the map can hold: sparse enough that a key never missed is seldom taken for one that was. */
const countersPerEntry = 4;
/** The counters are halved after so many misses per counter of a row, twice the entries: what was asked for long ago is forgotten. */
const missesPerCounter = 0.5;
/** Counters have two bits: never, once, twice, more often. */
const highest = 3;
const smallestWidth = 64;

/**
 * Remembers roughly how often a key was missed of late, without the keys: a count-min sketch (Cormode and Muthukrishnan 2005) with conservative
 * update and ageing. It stands in for the ghost list of S3-FIFO; 4 to 8 bytes for each entry the map can hold, whatever the keys weigh.
 */
export class MissSketch {
  #counters: Uint8Array = new Uint8Array((rows * smallestWidth) / 4);
  #width: number = smallestWidth;
  #missesLeft: number = missesPerCounter * smallestWidth;

  /** Counts one miss of the key with this hash and returns how often it was missed of late, this time included: 1 to 3. */
  miss(hash: number): number {
    if (--this.#missesLeft < 0) this.#age();
    const counted = this.#estimate(hash);
    if (counted === highest) return highest;
    for (let row = 0; row < rows; row++) {
      const at = this.#at(hash, row);
      if (this.#read(at) === counted) this.#counters[at >>> 2]! += 1 << shiftOf(at);
    }
    return counted + 1;
  }

  /** Makes room for `entries` keys. What was counted stays counted: a wider row is the old one repeated. */
  fit(entries: number): void {
    while (this.#width < entries * countersPerEntry) this.#widen();
  }

  get sizeBytes(): number {
    return this.#counters.length;
  }

  #widen(): void {
    const bytes = this.#width / 4;
    const wider = new Uint8Array(rows * bytes * 2);
    for (let row = 0; row < rows; row++) {
      const old = this.#counters.subarray(row * bytes, (row + 1) * bytes);
      wider.set(old, row * bytes * 2);
      wider.set(old, row * bytes * 2 + bytes);
    }
    this.#missesLeft += missesPerCounter * this.#width;
    this.#counters = wider;
    this.#width *= 2;
  }

  #estimate(hash: number): number {
    let least = highest;
    for (let row = 0; row < rows; row++) least = Math.min(least, this.#read(this.#at(hash, row)));
    return least;
  }

  #read(at: number): number {
    return ((this.#counters[at >>> 2] as number) >>> shiftOf(at)) & highest;
  }

  #at(hash: number, row: number): number {
    let place = Math.imul(hash + Math.imul(row, 0x9e3779b9), 0xc2b2ae35);
    place ^= place >>> 15;
    place = Math.imul(place, 0x27d4eb2d + 2 * row);
    return ((place ^ (place >>> 13)) & (this.#width - 1)) + row * this.#width;
  }

  #age(): void {
    for (let at = 0; at < this.#counters.length; at++) this.#counters[at] = ((this.#counters[at] as number) >>> 1) & 0b01010101;
    this.#missesLeft = missesPerCounter * this.#width;
  }
}

const shiftOf = (at: number): number => (at & 3) << 1;
