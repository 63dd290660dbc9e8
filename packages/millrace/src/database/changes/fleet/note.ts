/** How the feed stands, as its reader tells the others: twice a second, and whenever changes were applied. */
export interface ReaderNote {
  /** This life of the reader; its slot is `millrace_` and this. */
  readonly reader: string;
  /** `next` opens its slot while the one before still reads; `leaving` asks for a next one. */
  readonly standing: 'reading' | 'leaving' | 'next';
  /** Every commit from this place in the log on is heard of in this life. */
  readonly from: bigint;
  /** Every commit below it has been announced. */
  readonly position: bigint;
  /** So long ago everything that was committed then has been announced, ms. */
  readonly ageMs: number;
  /** Marks of the mappings it applies. */
  readonly covers: readonly string[];
}

const kind = 'millrace changes 1';
const standings = ['reading', 'leaving', 'next'];
const hex = /^[0-9a-f]{1,16}$/;

export const encodeNote = ({ reader, standing, from, position, ageMs, covers }: ReaderNote): string =>
  JSON.stringify([kind, reader, standing, from.toString(16), position.toString(16), Math.ceil(ageMs), covers.join(' ')]);

/** Undefined for what is no note of this version. */
export function decodeNote(text: string): ReaderNote | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(read) || read.length !== 7 || read[0] !== kind) return undefined;
  const [, reader, standing, from, position, ageMs, covers] = read as readonly unknown[];
  const isName = typeof reader === 'string' && hex.test(reader) && typeof standing === 'string' && standings.includes(standing);
  const isPlace = typeof from === 'string' && hex.test(from) && typeof position === 'string' && hex.test(position);
  if (!isName || !isPlace || typeof ageMs !== 'number' || !(ageMs >= 0) || typeof covers !== 'string') return undefined;
  return {
    ...{ reader, standing: standing as ReaderNote['standing'], from: BigInt(`0x${from}`), position: BigInt(`0x${position}`), ageMs },
    covers: covers === '' ? [] : covers.split(' '),
  };
}
