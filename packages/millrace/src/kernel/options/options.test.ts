import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  ConfigError,
  duration,
  flag,
  formatDuration,
  formatSize,
  integer,
  oneOf,
  parseDuration,
  parseSize,
  ratio,
  resolveOptions,
  size,
  text,
} from '../index.ts';

const rules = {
  maxConnections: integer(1, 500, 20),
  acquireTimeout: duration('250ms', '60s', '5s'),
  memory: size('1MiB', '64GiB', '64MiB'),
  jitter: ratio(0, 1, 0.1),
  mode: oneOf(['auto', 'off'], 'auto'),
  eager: flag(false),
  name: text(),
};

it('O2 reads words into unit-named numbers, fills defaults, and freezes', () => {
  const read = resolveOptions('pool', { acquireTimeout: '2s', memory: '1GiB', maxConnections: undefined }, rules);
  expect(read).toEqual({ maxConnections: 20, acquireTimeoutMs: 2000, memoryBytes: 1024 ** 3, jitter: 0.1, mode: 'auto', eager: false, name: undefined });
  expect(Object.isFrozen(read)).toBe(true);
});

it('O2 reports every problem in one error, each with the setting, what was found and what is allowed', () => {
  const given = { maxConections: 5, acquireTimeout: '5M', memory: '64mb', jitter: 2, mode: 'on', maxConnections: 501 };
  try {
    resolveOptions('pool', given, rules);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).message.split('\n')).toEqual([
      'pool.maxConections is not an option: did you mean maxConnections?',
      'pool.maxConnections is 501: write a whole number from 1 to 500',
      'pool.acquireTimeout is "5M": write a duration such as 250ms, 5s, 10m, 1h or 1d, from 250ms to 1m',
      'pool.memory is "64mb": write a size such as 64MiB (67108864 bytes) or 64MB (64000000 bytes), from 1MiB to 64GiB',
      'pool.jitter is 2: write a number from 0 to 1',
      'pool.mode is "on": write one of auto, off',
    ]);
  }
});

it('O2 takes no unit it does not know, no sign, no blank and no bare text', () => {
  for (const wrong of ['5', '', 'ms', '-5s', '5 s', '5min', '5M', '1e3s', '0x5s', 'Infinitys', Number.NaN, -1, Number.POSITIVE_INFINITY, null, {}])
    expect(parseDuration(wrong)).toBeUndefined();
  for (const wrong of ['64mb', '64', '64Mib', '-1B', 'KiB', '1 GiB']) expect(parseSize(wrong)).toBeUndefined();
  expect(['1.5s', '250ms', '2h', 40].map(parseDuration)).toEqual([1500, 250, 7_200_000, 40]);
});

it('O2 what is formatted reads back as the same number', () => {
  fc.assert(fc.property(fc.nat(10 ** 9), (ms) => parseDuration(formatDuration(ms)) === ms));
  fc.assert(fc.property(fc.nat(2 ** 31), (bytes) => parseSize(formatSize(bytes)) === bytes));
});
