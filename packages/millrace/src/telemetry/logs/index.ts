export { longestLineBytes } from './bound.ts';
export { jsonLines } from './json-lines.ts';
export { createLogger, type LogFields, type Logger, type LoggerOptions, type LogLevel, type LogLine, type LogSink, logLevels, silentLogger } from './logger.ts';
