export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** One line, made: secrets out, values bounded, the running request's ids in it. */
export interface LogLine {
  readonly level: LogLevel;
  /** Wall time, ms. */
  readonly time: number;
  readonly msg: string;
  readonly fields: Readonly<Record<string, unknown>>;
}
