/** What V8 spends, roughly, on a 64-bit machine. */
const objectBytes = 24;
const slotBytes = 8;
const numberBytes = 16;
const stringBytes = 16;

/** Lists longer than this are measured by samples. */
const longList = 256;
const samples = 64;
/** Things looked at in one value; what is beyond counts nothing, so give `size` where values are that large. */
const mostLookedAt = 20_000;

/**
 * Bytes a value keeps in memory, estimated: it is asked once when the value is stored, never on a hit. Text counts a byte a character, two where it has
 * any beyond Latin-1; lists of more than 256 items are measured by 64 of them; what is shared within the value counts once.
 */
export function sizeOf(value: unknown): number {
  return new Scale().weigh(value);
}

class Scale {
  readonly #seen: Set<object> = new Set();
  #left = mostLookedAt;

  weigh(value: unknown): number {
    if (typeof value === 'string') return stringBytes + textBytes(value);
    if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? 0 : numberBytes;
    if (typeof value === 'bigint') return numberBytes + Math.ceil(value.toString(16).length / 2);
    return typeof value === 'object' && value !== null ? this.#weighObject(value) : 0;
  }

  #weighObject(value: object): number {
    if (this.#seen.has(value) || --this.#left < 0) return 0;
    this.#seen.add(value);
    if (Array.isArray(value)) return objectBytes + slotBytes * value.length + this.#weighList(value);
    if (ArrayBuffer.isView(value)) return 4 * objectBytes + value.byteLength;
    if (value instanceof ArrayBuffer) return 4 * objectBytes + value.byteLength;
    if (value instanceof Map) return objectBytes + this.#weighList([...value.entries()].flat()) + 2 * slotBytes * value.size;
    if (value instanceof Set) return objectBytes + this.#weighList([...value]) + 2 * slotBytes * value.size;
    return this.#weighProperties(value);
  }

  #weighList(list: readonly unknown[]): number {
    if (list.length <= longList) return list.reduce<number>((sum, item) => sum + this.weigh(item), 0);
    const step = list.length / samples;
    let sum = 0;
    for (let sample = 0; sample < samples; sample++) sum += this.weigh(list[Math.floor(sample * step)]);
    return Math.ceil(sum * step);
  }

  #weighProperties(value: object): number {
    let sum = objectBytes;
    for (const property of Object.values(Object.getOwnPropertyDescriptors(value))) sum += slotBytes + this.weigh(property.value);
    return sum;
  }
}

/** Characters looked at to tell one byte a character from two. */
const lookedAt = 128;

function textBytes(text: string): number {
  for (let at = 0; at < text.length && at < lookedAt; at++) if (text.charCodeAt(at) > 255) return text.length * 2;
  return text.length;
}
