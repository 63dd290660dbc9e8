import type { LogLine, LogSink } from './logger.ts';

/** Longest line in bytes, its line break included: what pipes and collectors take whole. */
export const longestLineBytes = 16_384;
const keptMessage = 2_000;
const encoder = new TextEncoder();

/** Writes each line as one JSON object, at most 16 kB. A longer one keeps its head and says how much was cut. */
export const jsonLines =
  (write: (text: string) => void): LogSink =>
  (line) =>
    write(`${jsonLine(line)}\n`);

const jsonLine = ({ level, time, msg, fields }: LogLine): string => {
  const text = JSON.stringify({ level, time, ...fields, msg });
  if (text.length < longestLineBytes / 3) return text;
  const bytes = encoder.encode(text).length;
  if (bytes < longestLineBytes) return text;
  const { correlationId, traceId, operation } = fields;
  return JSON.stringify({ level, time, correlationId, traceId, operation, cutBytes: bytes, msg: msg.slice(0, keptMessage) });
};
