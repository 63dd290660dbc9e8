import { expect, it } from 'vitest';
import { EntityFigures } from '../../figures/index.ts';
import { MemoryStore } from './store.ts';

it('C8 what is doubted may not be given by a look either, however long it might have been given stale', () => {
  const store = new MemoryStore({ maxEntries: 10, sizeBytes: 100_000 }, new EntityFigures());
  const place = { family: store.declare('product', new EntityFigures()), id: 1, key: 'product:1' };
  const times = { storedAtMs: 0, freshUntilMs: 1000, staleForMs: 5000, graceMs: 0 };
  store.write(place, { value: 'row', sizeBytes: 10, ...times, tags: [], extras: undefined });
  const slot = store.slotOf(place);
  expect(store.usableUntil[slot]).toBe(6000);
  store.doubtAll(400);
  expect(store.usableUntil[slot]).toBe(400);
});
