import { expect, it } from 'vitest';
import { isVisibleIn, parseSnapshot, type Snapshot } from './snapshot.ts';

it('C8 a snapshot tells which commits a read could see', () => {
  const snapshot = parseSnapshot('100:105:100,102') as Snapshot;
  expect([99n, 100n, 101n, 102n, 104n, 105n, 106n].map((xid) => isVisibleIn(snapshot, xid))).toEqual([true, false, true, false, true, false, false]);
  expect(isVisibleIn(parseSnapshot('7:7:') as Snapshot, 6n)).toBe(true);
  for (const wrong of ['', '1:2', '1:2:3,', 'a:b:', '1:2:3 ']) expect(parseSnapshot(wrong)).toBeUndefined();
});
