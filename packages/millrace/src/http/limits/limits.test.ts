import fc from 'fast-check';
import { expect, it } from 'vitest';
import { headProblem, isDeeperThan, resolveLimits } from './index.ts';

const limits = resolveLimits({ url: 1000, parameters: 10, headers: 10, headerSize: '1KiB' });
const lines = (count: number, valueLength = 1): string[] => Array.from({ length: count }, () => ['x', 'v'.repeat(valueLength)]).flat();
const query = (parameters: number, length = 300): string => `/?${'a&'.repeat(parameters - 1)}a`.padEnd(length, 'a');
const refused = (url: string, raw: readonly string[] = []): string | undefined => headProblem(limits, url, raw)?.limitName;

it('X4 the address is taken at its longest and refused one character later', () => {
  expect(refused(`/${'a'.repeat(999)}`)).toBeUndefined();
  expect(headProblem(limits, `/${'a'.repeat(1000)}`, [])).toMatchObject({ limitName: 'url', status: 414, limit: 1000 });
});

it('X4 so are header lines, whatever they hold', () => {
  expect(refused('/', lines(10))).toBeUndefined();
  expect(headProblem(limits, '/', lines(11))).toMatchObject({ limitName: 'headers', status: 431, limit: 10 });
});

it('X4 so are the bytes of the head together', () => {
  expect(refused('/', ['x', 'v'.repeat(1022)])).toBeUndefined();
  expect(headProblem(limits, '/', ['x', 'v'.repeat(1023)])).toMatchObject({ limitName: 'headerSize', status: 431, limit: 1024 });
});

it('X4 so are query parameters, the empty ones counted', () => {
  expect(refused(query(10))).toBeUndefined();
  expect(headProblem(limits, query(11), [])).toMatchObject({ limitName: 'parameters', status: 400, limit: 10 });
  expect(refused(`/?${'&'.repeat(10)}`)).toBe('parameters');
  expect(refused(`/${'&'.repeat(50)}`)).toBeUndefined();
});

it('X4 a JSON body is taken at its deepest and refused one level deeper', () => {
  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  expect(isDeeperThan(nested(64), 64)).toBe(false);
  expect(isDeeperThan(nested(65), 64)).toBe(true);
  expect(isDeeperThan(`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, 64)).toBe(true);
});

it('X4 brackets inside strings are no depth, escaped quotes do not end a string', () => {
  expect(isDeeperThan(JSON.stringify({ text: '['.repeat(500), quoted: '"[[['.repeat(50), slash: '\\' }), 2)).toBe(false);
  expect(isDeeperThan(`["\\\\",${'['.repeat(9)}${']'.repeat(9)}]`, 5)).toBe(true);
});

it('X4 the depth found is the depth there is', () => {
  const depthOf = (value: unknown): number => (typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0);
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(7), (value, limit) => isDeeperThan(JSON.stringify(value), limit) === depthOf(value) > limit));
});

it('O2 a limit out of its bounds stops the start', () => {
  expect(() => resolveLimits({ body: '2GiB', depth: 0 })).toThrow(/http\.limits\.body is "2GiB".*\nhttp\.limits\.depth is 0/);
});
