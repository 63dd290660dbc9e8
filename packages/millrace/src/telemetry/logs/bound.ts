import type { LogLine } from './line.ts';

/** Longest line in bytes, its line break included: what pipes and collectors take whole. */
export const longestLineBytes = 16_384;
/** What a logger puts around our fields: time, level, process, host. */
const frameBytes = 512;
const keptMessage = 2_000;
const encoder = new TextEncoder();

/** Every value is bounded by itself; only many of them together make a line too long. Then its head stays, and it says how long it was. */
export function bounded(line: LogLine): LogLine {
  const text = JSON.stringify([line.fields, line.msg]);
  if (text.length < (longestLineBytes - frameBytes) / 3) return line; // a character is three bytes at most
  const bytes = encoder.encode(text).length;
  if (bytes <= longestLineBytes - frameBytes) return line;
  const { correlationId, traceId, operation } = line.fields;
  return { ...line, msg: line.msg.slice(0, keptMessage), fields: { correlationId, traceId, operation, cutBytes: bytes } };
}
