import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { runInContext } from '../../kernel/index.ts';
import { contextFor, testSystem } from '../../testing/index.ts';
import { Counter } from '../counters/index.ts';
import { toPino } from '../pino/index.ts';
import { createRedactor } from '../redaction/index.ts';
import { createLogger, jsonLines, type Logger, type LoggerOptions, longestLineBytes } from './index.ts';

function logging(options: Partial<LoggerOptions> = {}): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const logger = createLogger({ clock: testSystem().clock, sink: jsonLines((text) => lines.push(text)), ...options });
  return { logger, lines };
}

describe('logs', () => {
  it('O4 writes one JSON object a line, with level, time and fields', () => {
    const { logger, lines } = logging();
    logger.with({ part: 'pool' }).warn('No connection', { waiting: 3, note: 'two\nlines' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(lines[0] as string)).toEqual({
      level: 'warn',
      time: 1_700_000_000_000,
      part: 'pool',
      waiting: 3,
      note: 'two\nlines',
      msg: 'No connection',
    });
  });

  it('O4 H6 carries the ids of the request it was written in', () => {
    const { logger, lines } = logging();
    const context = contextFor('product.get', { correlationId: 'c-17' });
    runInContext(context, () => logger.info('Loaded'));
    expect(JSON.parse(lines[0] as string)).toMatchObject({ correlationId: 'c-17', traceId: context.identity.traceId, operation: 'product.get' });
  });

  it('O4 writes nothing below its level', () => {
    const { logger, lines } = logging({ level: 'warn' });
    logger.debug('no');
    logger.info('no');
    logger.error('yes');
    expect(lines).toHaveLength(1);
  });

  it('O4 X6 no secret gets into a line: not by name, shape or value, in message, fields or error', () => {
    const secret = 'canary-7d1f3a';
    const { logger, lines } = logging({ redactor: createRedactor([secret]) });
    const error = new Error(`login with ${secret} failed`, { cause: new Error(`postgres://app:${secret}@db/shop`) });
    logger.error(`Connecting to postgres://app:${secret}@db failed`, {
      error,
      headers: { authorization: `Bearer ${secret}` },
      [secret]: secret,
      list: [`key=${secret}`],
    });
    expect(lines.join()).not.toContain(secret);
    expect(lines.join()).toContain('failed');
  });

  it('O4 a line is at most 16 kB, and says what was cut', () => {
    const { logger, lines } = logging();
    const context = contextFor('import', { correlationId: 'c-1' });
    runInContext(context, () => logger.info('Imported', Object.fromEntries(Array.from({ length: 40 }, (_, one) => [`field${one}`, 'ü'.repeat(4_000)]))));
    expect(Buffer.byteLength(lines[0] as string)).toBeLessThanOrEqual(longestLineBytes);
    expect(JSON.parse(lines[0] as string)).toMatchObject({ correlationId: 'c-1', msg: 'Imported', cutBytes: expect.any(Number) });
  });

  it('O4 a line that cannot be written is counted and hurts nobody', () => {
    const lost = new Counter();
    const { logger } = logging({
      lost,
      sink: () => {
        throw new Error('disk full');
      },
    });
    expect(() => logger.info('Hello')).not.toThrow();
    expect(lost.value).toBe(1);
  });

  it('O4 hands its lines to the pino that is there, without secrets and bounded', () => {
    const written: string[] = [];
    const { logger } = logging({ sink: toPino(pino({}, { write: (text: string) => void written.push(text) })) });
    logger.with({ password: 'hunter22' }).info('Ready', { port: 3_000 });
    logger.error('Imported', Object.fromEntries(Array.from({ length: 40 }, (_, one) => [`field${one}`, 'x'.repeat(4_000)])));
    expect(JSON.parse(written[0] as string)).toMatchObject({ level: 30, port: 3_000, password: '[redacted]', msg: 'Ready' });
    expect(Buffer.byteLength(written[1] as string)).toBeLessThanOrEqual(longestLineBytes);
    expect(JSON.parse(written[1] as string)).toMatchObject({ level: 50, msg: 'Imported', cutBytes: expect.any(Number) });
  });
});
