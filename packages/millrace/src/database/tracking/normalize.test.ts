import { expect, it } from 'vitest';
import { normalize, withMaskedLiterals } from './normalize.ts';

it.each([
  ['select * from t where id = $1', 'select * from t where id = ?'],
  ['SELECT *\n  FROM t -- where\n WHERE id=42', 'select * from t where id = ?'],
  ["select 'it''s', E'a\\'b', $$x'y$$, $tag$ $$ $tag$, B'01', X'ff', U&'d'", 'select …'],
  ['select * from t where id in ($1)', 'select * from t where id in (…)'],
  ['select * from t where id in (1, 2,3 , $4)', 'select * from t where id in (…)'],
  ['insert into t (a, b) values ($1, $2)', 'insert into t(a, b) values (…)'],
  ['insert into t (a, b) values ($1, $2), ($3, $4), ($5, $6)', 'insert into t(a, b) values (…)'],
  ['insert into t values (1, now(), 2), (3, now(), 4)', 'insert into t values (?, now(), ?)'],
  ['select a /* one /* nested */ comment */ from t', 'select a from t'],
  ['select "Aa"."b" from "T"', 'select "Aa"."b" from "T"'],
  [`select a->>'b', c::text, d @> '{}' from t limit 10 offset 20`, 'select a ->> ?, c::text, d @> ? from t limit ? offset ?'],
  ['select 1.5e-3 + .5 - 0x1F', 'select ? + ? - ?'],
  ['select f($1), f($1, $2)', 'select f(?), f(…)'],
  ["select 'cut off", 'select ?'],
  ['select /* cut off', 'select'],
])('D3 %j is counted as %j', (text, expected) => {
  expect(normalize(text)).toBe(expected);
});

it('D3 no literal and no value of a comment survives', () => {
  const secret = 'canary';
  const hidden = [
    `'${secret}'`,
    `E'\\'${secret}'`,
    `$$${secret}$$`,
    `$a$'${secret}'$a$`,
    `/* ${secret} */ 1`,
    `-- ${secret}\n 1`,
    `'a''${secret}'`,
    `U&'${secret}'`,
    `N'${secret}'`,
  ];
  for (const one of hidden) {
    expect(normalize(`select ${one} from t`)).not.toContain(secret);
    expect(withMaskedLiterals(`select ${one} from t`)).not.toContain(secret);
  }
});

it('D3 what is masked stays where it was', () => {
  const text = `select 'abc', prize from t where n = 5 -- why`;
  expect(withMaskedLiterals(text)).toHaveLength(text.length);
  expect(withMaskedLiterals(text).indexOf('prize')).toBe(text.indexOf('prize'));
});

it('D3 texts made to hurt are read to their end, and what is kept of them is bounded', () => {
  const hostile = ["'", '"', '(', '/*', '$a$', '-- ', "E'\\", '((', '$1,', ')'].map((piece) => piece.repeat(50_000));
  for (const text of hostile) {
    expect(normalize(text).length).toBeLessThanOrEqual(1000);
    expect(withMaskedLiterals(text)).toHaveLength(text.length);
  }
});
