import type { LogLevel, LogSink } from '../logs/index.ts';

/** The little of pino that is used: any version, or whatever has the same shape. */
export type PinoLike = Readonly<Record<LogLevel, (fields: object, message: string) => void>>;

/** Hands lines to a pino logger that the application already has. They come without secrets and bounded; its transports and format stay its own. */
export const toPino =
  (pino: PinoLike): LogSink =>
  ({ level, msg, fields }) =>
    pino[level](fields, msg);
