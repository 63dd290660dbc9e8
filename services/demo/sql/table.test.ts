import { expect, it } from 'vitest';
import { bareRows, table } from './table.ts';

it('O1 the small SQL client prints what psql prints', () => {
  const shown = table(
    ['id', 'name'],
    [
      ['1', 'tea'],
      ['20', null],
    ],
    [true, false],
  );
  expect(shown).toBe([' id | name', '----+------', '  1 | tea', ' 20 |', '(2 rows)', ''].join('\n'));
  expect(table(['one'], [['1']], [true])).toBe([' one', '-----', '   1', '(1 row)', ''].join('\n'));
  expect(bareRows([['1', null, 'x']])).toBe('1||x');
});
