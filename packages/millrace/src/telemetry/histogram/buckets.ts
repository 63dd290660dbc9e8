/**
 * Where a value lies. Every octave (a doubling) is cut into 128 equal parts, so a bucket is at most 1/128 of its values wide and
 * its middle is at most 0.4 % away from any of them. Below 256 every whole number has a bucket of its own.
 *
 * For a value of which `shift` low bits are dropped until 8 bits are left, the index is `shift * 128 + (value >>> shift)`.
 */
const bitsPerOctave = 7;
export const bucketsPerOctave: number = 1 << bitsPerOctave;

/** The largest value that keeps its size; what is above it is counted here: 2³²-1, or 71 minutes in microseconds. */
export const largestValue = 4_294_967_295;
/** One more than the index of the largest value. */
export const bucketCount: number = (32 - bitsPerOctave + 1) << bitsPerOctave;

/** The bucket of a whole number from 0 to `largestValue`. */
export const bucketOf = (value: number): number => {
  const dropped = 31 - bitsPerOctave - Math.clz32(value);
  const shift = dropped > 0 ? dropped : 0;
  return (shift << bitsPerOctave) + (value >>> shift);
};

const shiftOf = (bucket: number): number => Math.max(0, (bucket >>> bitsPerOctave) - 1);

/** The smallest whole number of a bucket. */
export const lowestIn = (bucket: number): number => {
  const shift = shiftOf(bucket);
  return (bucket - (shift << bitsPerOctave)) * 2 ** shift;
};

/** The largest whole number of a bucket. */
export const highestIn = (bucket: number): number => lowestIn(bucket) + 2 ** shiftOf(bucket) - 1;

/** The value that stands for a bucket: its middle. */
export const middleOf = (bucket: number): number => (lowestIn(bucket) + highestIn(bucket)) / 2;
