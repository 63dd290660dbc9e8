export { longestLineBytes } from './bound.ts';
export { jsonLines } from './json-lines.ts';
export { type LogLevel, type LogLine, logLevels } from './line.ts';
export { createLogger, type LogFields, type Logger, type LoggerOptions, type LogSink, silentLogger } from './logger.ts';
