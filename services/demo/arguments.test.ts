import { expect, it } from 'vitest';
import { parseArguments } from './arguments.ts';
import { inOneLine } from './failure.ts';

it('O1 the words behind npm start are read, and a wrong one is answered with what is allowed', () => {
  expect(parseArguments([])).toEqual({ traffic: true, rate: 40, processes: 1 });
  expect(parseArguments(['--no-traffic', '--rate=7', '--processes=3'])).toEqual({ traffic: false, rate: 7, processes: 3 });
  for (const wrong of ['--no-trafic', '--rate=0', '--rate=501', '--rate=fast', '--processes=0', '--processes=9', 'x'])
    expect(() => parseArguments([wrong])).toThrow(/^\S+ is not .*npm start takes/);
});

it('O1 a failure for people is its message alone; a mistake of ours keeps its stack', () => {
  expect(inOneLine(Object.assign(new Error('Port 3000 is in use'), { code: 'EADDRINUSE' }))).toBe('Port 3000 is in use');
  expect(inOneLine(new TypeError('x is not a function'))).toContain('arguments.test.ts');
});
