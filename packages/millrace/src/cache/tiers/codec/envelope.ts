import { crc32 } from 'node:zlib';
import type { Envelope } from '../tier.ts';
import { CodecError } from './errors.ts';
import { decodeValue, encodeValue } from './values.ts';

/*
 * An entry outside the process: `1` (the version of this format), the checksum of the rest in eight hexadecimal digits, then JSON of the
 * envelope with its value. A flipped bit, a cut and a stranger's text are told from an entry by the checksum, an older or newer format by
 * its version; all of them are misses.
 */

const format = '1';
const headLength = 9;

/** What is written. @throws MILLRACE_CACHE_VALUE */
export function encodeEnvelope({ value, storedAtMs, freshUntilMs, staleForMs, graceMs, tags, version, confidence }: Envelope): string {
  const body = `${JSON.stringify([storedAtMs, freshUntilMs, finite(staleForMs), finite(graceMs), version, confidence ?? null, tags])}\n${encodeValue(value)}`;
  return format + checksum(body) + body;
}

/** What was read; undefined where it is not an entry of this format, whole. */
export function decodeEnvelope(text: string): Envelope | undefined {
  if (text.length <= headLength || text[0] !== format) return undefined;
  const body = text.slice(headLength);
  if (text.slice(1, headLength) !== checksum(body)) return undefined;
  const end = body.indexOf('\n');
  try {
    const [storedAtMs, freshUntilMs, staleForMs, graceMs, version, confidence, tags] = JSON.parse(body.slice(0, end)) as [
      number,
      number,
      number,
      number,
      string,
      number | null,
      string[],
    ];
    return { value: decodeValue(body.slice(end + 1)), storedAtMs, freshUntilMs, staleForMs, graceMs, version, tags, confidence: confidence ?? undefined };
  } catch (error) {
    if (error instanceof CodecError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const checksum = (body: string): string => crc32(body).toString(16).padStart(8, '0');

/** JSON knows no Infinity: a hundred years stand for it. */
const finite = (ms: number): number => Math.min(ms, 3_155_760_000_000);
