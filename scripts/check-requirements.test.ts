import { expect, it } from 'vitest';
import { checkStates, type Requirements, readProofs, requirementsPage } from './requirements/check.ts';
import { namedTests } from './requirements/names.ts';

const given: Requirements = { areas: { D: 'Database' }, requirements: { D1: { title: 'A pool' }, D4: { title: 'Cancel', state: 'begun', part: 'on abort' } } };
const proofsOf = (text: string): ReturnType<typeof readProofs> => readProofs(new Map([['packages/x.test.ts', text]]), given);

it('reads the ids at the beginning of a title, in every way a test is written', () => {
  const text = [
    'it("D4 a cancel", f);',
    "test('D1, D4 both', f);",
    'it.each([1])(`D1 of $' + '{x}`, f);',
    "describe.sequential('D4: all of it', f);",
    "it('waits 5 s for D1', f);",
    "it('S3-FIFO keeps what is used', f);",
    "expect('D9 is no title');",
  ].join('\n');
  expect(namedTests('a.test.ts', text).map(({ ids, line }) => [line, ...ids])).toEqual([
    [1, 'D4'],
    [2, 'D1', 'D4'],
    [3, 'D1'],
    [4, 'D4'],
  ]);
});

it('finds an id that nobody knows', () => {
  expect(proofsOf("it('Z9 flies', f);").problems).toEqual(['packages/x.test.ts:1: a test names Z9, which docs/requirements.json does not know']);
});

it('finds a state that lost its test, and a test whose id has no state', () => {
  expect(checkStates(given, proofsOf("it('D1 pools', f);").proofs)).toEqual([
    'D1 is named by packages/x.test.ts, but docs/requirements.json says neither begun nor done',
    'D4 is begun, but no test names it',
  ]);
  expect(checkStates(given, proofsOf("it('D4 cancels', f);").proofs)).toEqual([]);
});

it('asks which part of a begun requirement works', () => {
  const vague: Requirements = { areas: { D: 'Database' }, requirements: { D4: { title: 'Cancel', state: 'begun' } } };
  expect(checkStates(vague, proofsOf("it('D4 cancels', f);").proofs)).toEqual(['D4 is begun: docs/requirements.json must say which part']);
});

it('writes the page with state, part and proof', () => {
  const page = requirementsPage(given, proofsOf("it('D4 cancels', f);").proofs);
  expect(page).toContain('| D4 | Cancel | begun: on abort | [x.test.ts](../packages/x.test.ts) |');
  expect(page).toContain('Of 2: 0 done, 1 begun, 1 not begun.');
});
