import { type Clock, currentContext } from '../../kernel/index.ts';
import type { Counter } from '../counters/index.ts';
import { createRedactor, type Redactor, toPlain } from '../redaction/index.ts';
import { bounded } from './bound.ts';
import { type LogLevel, type LogLine, logLevels } from './line.ts';

export type LogFields = Readonly<Record<string, unknown>>;

/** Where the library and its users write what happened. A message is a constant sentence; what varies are fields. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same with fields that every line carries. */
  with(fields: LogFields): Logger;
}

/** Takes finished lines: JSON on standard output, or a logger that is already there. */
export type LogSink = (line: LogLine) => void;

export interface LoggerOptions {
  readonly clock: Clock;
  readonly sink: LogSink;
  /** What is less than this is not written. @default 'info' */
  readonly level?: LogLevel | undefined;
  /** Takes out secrets; share one that knows the configured ones. */
  readonly redactor?: Redactor | undefined;
  /** Counts the lines that the sink threw at. */
  readonly lost?: Counter | undefined;
}

/** A logger whose lines hold the correlation and trace id of the request they were written in, no secret, and 16 kB at most. It never throws. */
export function createLogger({ clock, sink, level = 'info', redactor = createRedactor(), lost }: LoggerOptions): Logger {
  const lowest = logLevels.indexOf(level);
  const write = (at: LogLevel, message: string, fields: LogFields): void => {
    if (logLevels.indexOf(at) < lowest) return;
    try {
      const plain = toPlain({ ...idsOfNow(), ...fields }, redactor) as Record<string, unknown>;
      sink(bounded({ level: at, time: clock.wallMs(), msg: String(toPlain(message, redactor)), fields: plain }));
    } catch {
      lost?.add(); // a line that cannot be written must not break what it tells about
    }
  };
  return loggerOf(write, {});
}

/** A logger for tests and for whoever wants none. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => silentLogger,
};

const loggerOf = (write: (level: LogLevel, message: string, fields: LogFields) => void, bound: LogFields): Logger => ({
  debug: (message, fields) => write('debug', message, { ...bound, ...fields }),
  info: (message, fields) => write('info', message, { ...bound, ...fields }),
  warn: (message, fields) => write('warn', message, { ...bound, ...fields }),
  error: (message, fields) => write('error', message, { ...bound, ...fields }),
  with: (fields) => loggerOf(write, { ...bound, ...fields }),
});

const idsOfNow = (): LogFields => {
  const context = currentContext();
  return context ? { correlationId: context.correlationId, traceId: context.identity.traceId, operation: context.operation } : {};
};
