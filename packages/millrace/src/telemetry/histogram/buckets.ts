/**
 * Where a value lies. Every octave (a doubling) is cut into 128 equal parts, so a bucket is at most 1/128 of its values wide and
 * its middle is at most 0.4 % away from any of them. Below 256 every whole number has a bucket of its own.
 *
 * For a value of which `shift` low bits are dropped until 8 bits are left, the index is `shift * 128 + (value >>> shift)`.
 */
const bitsPerOctave = 7;

/** Buckets from 0 to 2³²-1, which is 71 minutes in microseconds. */
export const bucketCount: number = (32 - bitsPerOctave + 1) << bitsPerOctave;

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
