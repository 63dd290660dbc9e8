const places = 4096;
const mask = places - 1;
/** Shorter texts are looked up in the map: they have too few characters to tell places apart by. */
const shortestText = 3;
/** One text in 32 that finds its place taken takes it over: often enough for what is asked for often, seldom enough where far more are asked for than fit. */
const takesOver = 31;

/** Pairs of a whole number and its slot. The number in a place that nothing stands in belongs to the place beside it, so that it is never found there. */
const noNumbers: Int32Array = Int32Array.from({ length: 2 * places }, (_, at) => (at & 1 ? -1 : (at >> 1) ^ 1));
const noTexts: string[] = new Array<string>(places).fill('');
const noSlots: Int32Array = new Int32Array(places);

/** Where ids differ: their last three characters, the middle one, their length. Reading four characters costs less than the hash of a map. */
function placeOf(text: string): number {
  const { length } = text;
  const last = text.charCodeAt(length - 1) ^ (text.charCodeAt(length - 2) << 4) ^ (text.charCodeAt(length - 3) << 8);
  return (last ^ (text.charCodeAt(length >> 1) << 5) ^ (length << 7)) & mask;
}

/**
 * Slots by single id. What was asked for lately is found in a table with one place for each of 4,096 ids, without the hash and the chain of a map: half of
 * what a hit cost was that look-up. Two ids that meet in one place take it from each other, and the map, which has them all, answers then.
 *
 * The table says what the map says: whoever changes the one forgets the other. It takes memory (32 kB for numbers, 48 kB for texts) when it is first needed.
 */
export class SlotIndex {
  readonly #slots: Map<string | number, number> = new Map();
  #numbers: Int32Array = noNumbers;
  #texts: string[] = noTexts;
  #textSlots: Int32Array = noSlots;
  #met = 0;

  get size(): number {
    return this.#slots.size;
  }

  get(id: string | number): number | undefined {
    if (typeof id === 'string') {
      if (id.length < shortestText) return this.#slots.get(id);
      const at = placeOf(id);
      return this.#texts[at] === id ? this.#textSlots[at] : this.#getText(id, at);
    }
    if (typeof id !== 'number' || (id | 0) !== id) return this.#slots.get(id); // large integers come here too, and are not in it
    const at = (id & mask) << 1;
    const numbers = this.#numbers;
    return numbers[at] === id ? numbers[at + 1] : this.#getNumber(id, at);
  }

  set(id: string | number, slot: number): void {
    this.#forget(id);
    this.#slots.set(id, slot);
  }

  delete(id: string | number): void {
    this.#forget(id);
    this.#slots.delete(id);
  }

  [Symbol.iterator](): MapIterator<[string | number, number]> {
    return this.#slots[Symbol.iterator]();
  }

  #getNumber(id: number, at: number): number | undefined {
    const slot = this.#slots.get(id);
    if (slot === undefined) return undefined;
    if (this.#numbers === noNumbers) this.#numbers = noNumbers.slice();
    this.#numbers[at] = id;
    this.#numbers[at + 1] = slot;
    return slot;
  }

  #getText(id: string, at: number): number | undefined {
    const slot = this.#slots.get(id);
    if (slot === undefined) return undefined;
    if (this.#texts === noTexts) {
      this.#texts = noTexts.slice();
      this.#textSlots = noSlots.slice();
    }
    if (this.#texts[at] !== '' && (++this.#met & takesOver) !== 0) return slot;
    this.#texts[at] = id;
    this.#textSlots[at] = slot;
    return slot;
  }

  #forget(id: string | number): void {
    if (typeof id === 'string') {
      const at = id.length < shortestText ? -1 : placeOf(id);
      if (this.#texts[at] === id) this.#texts[at] = '';
    } else if ((id | 0) === id) {
      const at = (id & mask) << 1;
      if (this.#numbers[at] === id) this.#numbers[at] = (at >> 1) ^ 1;
    }
  }
}
