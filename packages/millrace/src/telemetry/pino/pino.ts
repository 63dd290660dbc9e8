import { type LogLevel, type LogLine, type LogSink, longestLineBytes } from '../logs/index.ts';

/** The little of pino that is used: any version, or whatever has the same shape. */
export type PinoLike = Readonly<Record<LogLevel, (fields: object, message: string) => void>>;

/** Hands lines to a pino logger that the application already has. What we hand over has no secrets and is bounded; its own transports stay as they are. */
export const toPino =
  (pino: PinoLike): LogSink =>
  ({ level, msg, fields }) =>
    pino[level](fields, msg);

/** Where pino writes: standard output's file descriptor by default. */
export interface PinoTarget {
  write(text: string): void;
}

/**
 * Loads pino and writes through it, synchronously, one JSON object a line. Rejects with `ERR_MODULE_NOT_FOUND` where it is not installed;
 * `jsonLines` does the same without it.
 */
export async function openPino(level: LogLevel = 'info', target?: PinoTarget): Promise<LogSink> {
  const { pino, destination } = await import('pino');
  const logger = pino({ level, base: null, formatters: { level: (label) => ({ level: label }) } }, target ?? destination({ dest: 1, sync: true }));
  return bounded(toPino(logger));
}

const keptMessage = 2_000;

/** Our own values are bounded one by one; only many of them together make a line too long. */
const bounded =
  (sink: LogSink): LogSink =>
  (line: LogLine) => {
    const length = Buffer.byteLength(JSON.stringify(line));
    if (length < longestLineBytes - 256) return sink(line);
    const { correlationId, traceId, operation } = line.fields;
    return sink({ ...line, msg: line.msg.slice(0, keptMessage), fields: { correlationId, traceId, operation, cutBytes: length } });
  };
