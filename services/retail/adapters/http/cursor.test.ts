import { expect, it } from 'vitest';
import { signedCursors } from './cursor.ts';

const cursors = signedCursors('a key of more than sixteen bytes');

it('D11 a cursor comes back as the position it was made of', () => {
  const position = ['VINTAGE "CUSHION" £', 42] as const;
  expect(cursors.read('products?sort=name', cursors.sign('products?sort=name', position))).toEqual(position);
});

it('D11 a cursor says nothing that its reader could not see, and fits into an address', () => {
  expect(cursors.sign('products', [42])).toMatch(/^[\w-]+\.[\w-]{22}$/);
});

it('D11 a cursor with any one character changed is refused', () => {
  const cursor = cursors.sign('products', [42, 'x']);
  for (let at = 0; at < cursor.length; at++) {
    for (const other of 'A1_.') {
      if (cursor[at] === other) continue;
      expect(() => cursors.read('products', cursor.slice(0, at) + other + cursor.slice(at + 1)), `${at} ${other}`).toThrow(
        'cursor is not a cursor of this query',
      );
    }
  }
});

it('D11 a cursor of one query is none of another, nor one signed with another key', () => {
  expect(() => cursors.read('products?category=2', cursors.sign('products?category=1', [42]))).toThrow('cursor');
  expect(() => cursors.read('products', signedCursors('another key of enough bytes').sign('products', [42]))).toThrow('cursor');
});

it.each(['', '.', '..', 'x', 'W10.', `${'a'.repeat(2000)}.b`, 'W10.AAAAAAAAAAAAAAAAAAAAAA'])('D11 %j is no cursor', (text) => {
  expect(() => cursors.read('products', text)).toThrow('cursor');
});

it('D11 a key that could be guessed is refused', () => {
  expect(() => signedCursors('short')).toThrow('5 bytes');
});
