import { StoredFormError } from '../errors.ts';
import { bucketCount } from './buckets.ts';

/**
 * The stored form, version 1. It will not change: a later form gets another first byte.
 *
 * | bytes | what |
 * |---|---|
 * | 1 | version, 1 |
 * | 8, 8, 8 | sum, smallest and largest value, IEEE 754 double, little endian; smallest and largest are NaN where nothing was recorded |
 * | then, per bucket that is not empty, ascending | the distance from the bucket before (the first from -1), then its count; both LEB128 |
 */
const version = 1;
const headBytes = 25;
/** LEB128 of a whole number up to 2^53 - 1. */
const longestNumber = 8;

export interface StoredHistogram {
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly counts: Float64Array;
}

/** As few bytes as the buckets in use need: 25 and two to four for each. */
export function encode({ sum, min, max, counts }: StoredHistogram): Uint8Array {
  const used = counts.reduce((number, count) => (count > 0 ? number + 1 : number), 0);
  const bytes = new Uint8Array(headBytes + used * 2 * longestNumber);
  const view = new DataView(bytes.buffer);
  bytes[0] = version;
  view.setFloat64(1, sum, true);
  view.setFloat64(9, min, true);
  view.setFloat64(17, max, true);
  let at = headBytes;
  let before = -1;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    const count = counts[bucket] as number;
    if (count === 0) continue;
    at = writeNumber(bytes, at, bucket - before);
    at = writeNumber(bytes, at, count);
    before = bucket;
  }
  return bytes.slice(0, at);
}

/** What stands before the buckets. */
export interface Head {
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Reads what `encode` wrote and calls `visit` for each bucket that is not empty, ascending.
 * @throws MILLRACE_STORED_FORM for anything else: another version, cut short, a bucket that does not exist.
 */
export function decode(bytes: Uint8Array, visit: (bucket: number, count: number) => void): Head {
  const head = readHead(bytes);
  const reader = { bytes, at: headBytes };
  let bucket = -1;
  while (reader.at < bytes.length) {
    const distance = readNumber(reader);
    bucket += distance;
    if (distance === 0 || bucket >= bucketCount) throw new StoredFormError(`bucket ${bucket} does not exist or comes twice`);
    visit(bucket, readNumber(reader));
  }
  const { sum, min, max } = head;
  if (bucket >= 0 && !(min >= 0 && min <= max && Number.isFinite(sum))) throw new StoredFormError(`its values run from ${min} to ${max}, their sum is ${sum}`);
  return head;
}

function readHead(bytes: Uint8Array): Head {
  if (bytes.length < headBytes) throw new StoredFormError(`${bytes.length} bytes are fewer than the ${headBytes} of its head`);
  if (bytes[0] !== version) throw new StoredFormError(`its version is ${bytes[0]}, this one reads ${version}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { sum: view.getFloat64(1, true), min: view.getFloat64(9, true), max: view.getFloat64(17, true) };
}

function writeNumber(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 128) {
    bytes[at++] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  bytes[at++] = rest;
  return at;
}

function readNumber(reader: { readonly bytes: Uint8Array; at: number }): number {
  let value = 0;
  for (let factor = 1, length = 0; length < longestNumber; factor *= 128, length++) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) throw new StoredFormError('it ends in the middle of a number');
    value += (byte % 128) * factor;
    if (byte < 128) return value;
  }
  throw new StoredFormError(`a number is longer than ${longestNumber} bytes`);
}
