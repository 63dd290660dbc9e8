import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor, isSecretName, redactShapes, toPlain } from './index.ts';

describe('redaction', () => {
  it('X6 O4 takes the password out of a URL and leaves the rest', () => {
    expect(redactShapes('connect postgres://app:s3cr3t@db.example:5432/shop failed')).toBe('connect postgres://app:[redacted]@db.example:5432/shop failed');
    expect(redactShapes('redis://:hunter22@cache/0')).toBe('redis://:[redacted]@cache/0');
    expect(redactShapes('postgres://app:p@ss:w0rd@db/shop')).toBe('postgres://app:[redacted]@db/shop');
    expect(redactShapes('see http://127.0.0.1:3000/performance/ and http://a.example/@me')).toBe(
      'see http://127.0.0.1:3000/performance/ and http://a.example/@me',
    );
  });

  it('X6 takes out what stands after the name of a secret, bearer tokens and web tokens', () => {
    expect(redactShapes('host=db password=hunter22 user=app')).toBe('host=db password=[redacted] user=app');
    expect(redactShapes('GET /x?api_key=abcdef123&page=2')).toBe('GET /x?api_key=[redacted]&page=2');
    expect(redactShapes('{"token":"abc def","page":2}')).toBe('{"token":[redacted],"page":2}');
    expect(redactShapes('Authorization: Bearer abc.def-123')).toBe('Authorization: Bearer [redacted]');
    expect(redactShapes('got eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl back')).toBe('got [redacted] back');
  });

  it('X6 takes out a known secret wherever it stands and however it is written', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8, maxLength: 30 }), fc.string(), fc.string(), (secret, before, after) => {
        const { text } = createRedactor([secret]);
        for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret)]) expect(text(`${before}${form}${after}`)).not.toContain(secret);
      }),
    );
    const redactor = createRedactor();
    redactor.learn('learned-later');
    expect(redactor.text('x learned-later y')).toBe('x [redacted] y');
  });

  it('X6 knows the fields that hold secrets, and leaves those that only sound like it', () => {
    for (const name of [
      'password',
      'PVT_KEY',
      'apiKey',
      'API_KEYS',
      'x-api-key',
      'Authorization',
      'set-cookie',
      'accessToken',
      'client_secret',
      'sessionId',
      'cursorKey',
      'DB_PASSWORD',
    ])
      expect([name, isSecretName(name)]).toEqual([name, true]);
    for (const name of ['tokens', 'key', 'keys', 'passed', 'author', 'tokenCount', 'primaryKey']) expect([name, isSecretName(name)]).toEqual([name, false]);
  });

  it('X6 no value below the name of a secret is printed, at any depth, nor in an error and its causes', () => {
    const redactor = createRedactor();
    const cause = Object.assign(new Error('connect postgres://app:s3cr3t@db/x refused'), { password: 's3cr3t', config: { password: 's3cr3t' } });
    const value = {
      deep: [{ password: 's3cr3t', list: new Map([['apiKey', 's3cr3t']]) }],
      error: new Error('no pool', { cause }),
      ['postgres://a:s3cr3t@b']: 1,
    };
    const words = JSON.stringify(toPlain(value, redactor));
    expect(words).not.toContain('s3cr3t');
    expect(words).toContain('no pool');
    expect(words).toContain('refused');
  });

  it('O4 makes plain data of anything: round, deep, long, throwing', () => {
    const round: Record<string, unknown> = { name: 'round' };
    round['self'] = round;
    const throwing = Object.defineProperty({}, 'boom', {
      enumerable: true,
      get: () => {
        throw new Error('boom');
      },
    });
    const plain = toPlain(
      { round, throwing, big: 10n, date: new Date(0), wrong: new Date(Number.NaN), bytes: new Uint8Array(3), not: Number.NaN, call: () => 1 },
      createRedactor(),
    );
    expect(plain).toMatchObject({
      throwing: { boom: '[unreadable]' },
      big: '10',
      date: '1970-01-01T00:00:00.000Z',
      wrong: 'no date',
      bytes: '[3 bytes]',
      not: 'NaN',
      call: '[function]',
    });
    expect(JSON.stringify(plain).length).toBeLessThan(600);
    expect((toPlain(Array.from({ length: 1_000 }), createRedactor()) as unknown[]).at(-1)).toBe('… 950 more');
    expect(Object.keys(toPlain(Object.fromEntries(Array.from({ length: 1_000 }, (_, one) => [one, one])), createRedactor()) as object)).toHaveLength(51);
    expect(String(toPlain('x'.repeat(10_000), createRedactor()))).toHaveLength(4_096);
  });
});
