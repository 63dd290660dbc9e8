import type { LogSink } from './logger.ts';

/** Writes each line as one JSON object. */
export const jsonLines =
  (write: (text: string) => void): LogSink =>
  ({ level, time, msg, fields }) =>
    write(`${JSON.stringify({ level, time, ...fields, msg })}\n`);
