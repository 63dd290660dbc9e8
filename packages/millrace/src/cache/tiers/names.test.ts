import fc from 'fast-check';
import { expect, it } from 'vitest';
import { endOf, nameOf, patternNameOf } from './names.ts';

const odd = fc.string({ unit: fc.constantFrom('a', ':', '0', '\u0000', '\u0001', '\ud800', '\udfff', '\u{10ffff}', '🗝'), maxLength: 6 });

it('X4 two keys never have one name, and a name survives UTF-8', () => {
  fc.assert(
    fc.property(odd, odd, (a, b) => (nameOf(a) === nameOf(b)) === (a === b)),
    { numRuns: 20_000 },
  );
  fc.assert(fc.property(odd, (a) => Buffer.from(nameOf(a)).toString() === nameOf(a) && !nameOf(a).includes('\u0000')));
});

it('C7 X4 what lies below a key lies below its name, and only that', () => {
  fc.assert(
    fc.property(odd, odd, (above, key) => nameOf(key).startsWith(`${nameOf(above)}:`) === key.startsWith(`${above}:`)),
    { numRuns: 20_000 },
  );
  fc.assert(
    fc.property(
      odd,
      odd,
      (above, below) => Buffer.compare(Buffer.from(nameOf(above + below)), Buffer.from(endOf(nameOf(above)))) < 0 || /^\p{Surrogate}/u.test(below),
    ),
  );
});

it('C7 a pattern that has no exact name drops everything', () => {
  expect(patternNameOf('user:*')).toBe('user:*');
  expect(patternNameOf('a\u0000*')).toBe('a\u0001000000*');
  expect(patternNameOf('a\ud800*')).toBe('*');
  expect(patternNameOf(`${'\u0000'.repeat(500)}*`)).toBe('*');
});
