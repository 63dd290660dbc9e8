import { expect, it } from 'vitest';
import { SlotIndex } from './slot-index.ts';

it('C1 the index of slots says what a map says, whatever is asked between the changes', () => {
  const ids = [0, 1, -1, 4096, 4097, 8192, -4096, 2 ** 31, 2 ** 40, 1.5, '', 'a', 'ab', 'abc', 'zzz-abc', 'user:1', 'user:2', 'ünï', '0123', ...texts()];
  const index = new SlotIndex();
  const map = new Map<string | number, number>();
  let state = 7;
  for (let turn = 0; turn < 20_000; turn++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const id = ids[(state >>> 8) % ids.length] as string | number;
    if (turn % 5 === 0) {
      index.set(id, turn);
      map.set(id, turn);
    } else if (turn % 7 === 0) {
      index.delete(id);
      map.delete(id);
    }
    expect(index.get(id), `${typeof id} ${id} at turn ${turn}`).toBe(map.get(id));
  }
  expect([...index]).toEqual([...map]);
  expect(index.size).toBe(map.size);
});

it('C1 an empty index finds nothing, also the numbers and texts its tables begin with', () => {
  const index = new SlotIndex();
  for (let id = -5000; id < 5000; id++) expect(index.get(id)).toBeUndefined();
  expect(index.get('')).toBeUndefined();
});

it('C1 a number that stands in the place of another is not found by it, before and after it goes', () => {
  const index = new SlotIndex();
  index.set(5, 50);
  expect(index.get(5)).toBe(50);
  expect(index.get(5 + 4096)).toBeUndefined();
  index.delete(5);
  for (const id of [4, 5, 6, 5 + 4096]) expect(index.get(id)).toBeUndefined();
});

it('C1 an id of another type is asked for without harm', () => {
  const index = new SlotIndex();
  index.set(5, 50);
  for (const id of [5n, [5], undefined, Number.NaN]) expect(index.get(id as never)).toBeUndefined();
});

/** Many that meet in one place: the same end, middle and length. */
function texts(): string[] {
  return Array.from({ length: 20 }, (_, at) => `${String.fromCharCode(97 + at)}---middle--xyz`);
}
