import { expect, it } from 'vitest';
import { TestClock } from '../../../testing/index.ts';
import { Positions } from '../positions.ts';
import { Coverage } from './coverage.ts';
import { decodeNote, encodeNote, type ReaderNote } from './note.ts';

const note = (more: Partial<ReaderNote> = {}): ReaderNote => ({
  ...{ reader: 'a1', standing: 'reading', from: 100n, position: 150n, ageMs: 0, covers: ['p', 'q'] },
  ...more,
});

function setUp(marks: readonly string[] = ['p']) {
  const clock = new TestClock();
  const positions = new Positions();
  let [doubts, trustedUntilMs] = [0, 0];
  const trust = {
    doubt: async () => void doubts++,
    trustUntil: (ms: number) => {
      trustedUntilMs = ms;
    },
  };
  const coverage = new Coverage({ clock, positions, trust, marks: () => new Set(marks) });
  const hear = (more?: Partial<ReaderNote>) => coverage.hear(note(more), clock.monotonicMs());
  return { clock, positions, coverage, hear, doubts: () => doubts, trustedForMs: () => trustedUntilMs - clock.monotonicMs() };
}

it('C8 who joins doubts once, and trusts for five seconds from the moment that is proved', async () => {
  const { hear, doubts, trustedForMs, positions } = setUp();
  await hear({ ageMs: 700 });
  expect([doubts(), trustedForMs(), positions.passed(150n)]).toEqual([1, 4300, true]);
  await hear({ position: 180n });
  expect([doubts(), trustedForMs(), positions.passed(180n)]).toEqual([1, 5000, true]);
});

it('C8 a reader that begins below what has passed continues the one before, whatever became of that one', async () => {
  const { hear, doubts, coverage } = setUp();
  await hear();
  await hear({ reader: 'b2', from: 140n, position: 145n });
  expect([doubts(), coverage.handOvers, coverage.reader]).toEqual([1, 1, 'b2']);
});

it('C8 a reader that begins above what has passed leaves a gap: everything is doubted once', async () => {
  const { hear, doubts, coverage } = setUp();
  await hear();
  await hear({ reader: 'b2', from: 160n, position: 170n });
  await hear({ reader: 'b2', from: 160n, position: 180n });
  expect([doubts(), coverage.handOvers]).toEqual([2, 0]);
});

it('C8 the next reader puts nothing in doubt while the one before still closes the gap', async () => {
  const { hear, doubts, coverage } = setUp();
  await hear();
  await hear({ standing: 'leaving', position: 155n });
  expect(coverage.isLeaving).toBe(true);
  await hear({ reader: 'b2', standing: 'next', from: 160n, position: 165n });
  expect([doubts(), coverage.reader]).toEqual([1, 'a1']);
  await hear({ standing: 'leaving', position: 162n });
  await hear({ reader: 'b2', from: 160n, position: 170n });
  expect([doubts(), coverage.handOvers, coverage.isLeaving]).toEqual([1, 1, false]);
});

it('C8 a reader that maps other rows than we do is none for us', async () => {
  const { hear, doubts, coverage, clock, trustedForMs } = setUp(['p', 'other']);
  await hear();
  await clock.advance(2000);
  await hear();
  expect([doubts(), coverage.uncoveredMs, coverage.isLive, trustedForMs() > 0]).toEqual([0, 2000, false, false]);
});

it('C8 a reader that speaks and proves nothing counts as silent', async () => {
  const { hear, coverage, clock } = setUp();
  await hear();
  for (let second = 1; second <= 6; second++) {
    await clock.advance(1000);
    await hear({ ageMs: second * 1000 });
  }
  expect(coverage.silentMs).toBe(4000);
  expect(coverage.isLive).toBe(false);
});

it('C8 X4 notes are read as they were written, and anything else is none', () => {
  const written = note({ standing: 'next', from: 2n ** 63n, ageMs: 12 });
  expect(decodeNote(encodeNote(written))).toEqual(written);
  for (const strange of ['', '{}', '[]', '["millrace changes 1","x y","reading","1","1",0,""]', '["millrace changes 1","a","reading","1","1",-1,""]']) {
    expect(decodeNote(strange)).toBeUndefined();
  }
});
