import { describe, expect, it } from 'vitest';
import { AbortedError } from '../../kernel/index.ts';
import { saysOf } from './failure.ts';

const coded = (code: string, cause?: unknown): Error => Object.assign(new Error(code, { cause }), { code });

describe('C5 whom a failed load speaks of', () => {
  it('C5 an answer of the source, or of the loader itself, would be everybody’s', () => {
    expect(saysOf(new TypeError('rows is undefined'))).toBe('source');
    expect(saysOf(coded('MILLRACE_QUERY', coded('42P01')))).toBe('source');
    expect(saysOf('thrown as it is')).toBe('source');
  });

  it('C5 a way that is cut is this process’s own, however deep it says so', () => {
    expect(saysOf(coded('MILLRACE_UNAVAILABLE', coded('ECONNREFUSED')))).toBe('way');
    expect(saysOf(new TypeError('fetch failed', { cause: coded('UND_ERR_CONNECT_TIMEOUT') }))).toBe('way');
    expect(saysOf(new Error('a', { cause: new Error('b', { cause: coded('ECONNRESET') }) }))).toBe('way');
    expect(saysOf(undefined)).toBe('way');
  });

  it('C5 whoever gave up says nothing of either', () => {
    expect(saysOf(new AbortedError('item.load'))).toBe('caller');
    expect(saysOf(coded('MILLRACE_DEADLINE', coded('ECONNRESET')))).toBe('caller');
  });

  it('C5 a ring of causes ends', () => {
    const ring = new Error('ring');
    ring.cause = ring;
    expect(saysOf(ring)).toBe('source');
  });
});
