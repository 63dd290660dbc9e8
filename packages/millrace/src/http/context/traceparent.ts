/** The W3C header as it came in: whose trace this is, who called, and whether the caller records it. */
export interface TraceParent {
  readonly traceId: string;
  readonly parentId: string;
  /** The bits `sampled` (1) and `random` (2). */
  readonly flags: number;
}

const lengthOfVersion0 = 55;
const knownFlags = 3;

/**
 * Reads `traceparent` as W3C Trace Context, section 3.2, wants it: lower-case hexadecimal, no id of zeros, version 00 exactly 55 characters,
 * a later version by its first four fields, never version ff. Anything else gives undefined, and the request begins a trace of its own.
 */
export function parseTraceparent(given: unknown): TraceParent | undefined {
  if (typeof given !== 'string' || given.length < lengthOfVersion0 || given.length > 512) return undefined;
  if (given[2] !== '-' || given[35] !== '-' || given[52] !== '-') return undefined;
  if (!isHex(given, 0, 2) || !isHex(given, 3, 35) || !isHex(given, 36, 52) || !isHex(given, 53, 55)) return undefined;
  if (given.startsWith('ff') || isZero(given, 3, 35) || isZero(given, 36, 52)) return undefined;
  const isVersion0 = given.startsWith('00');
  if (given.length > lengthOfVersion0 && (isVersion0 || given[lengthOfVersion0] !== '-')) return undefined;
  return { traceId: given.slice(3, 35), parentId: given.slice(36, 52), flags: Number.parseInt(given.slice(53, 55), 16) & knownFlags };
}

export const formatTraceparent = (traceId: string, spanId: string, flags: number): string => `00-${traceId}-${spanId}-0${flags}`;

function isHex(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    const isDigit = code >= 48 && code <= 57;
    if (!isDigit && (code < 97 || code > 102)) return false;
  }
  return true;
}

function isZero(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (text.charCodeAt(at) !== 48) return false;
  return true;
}
