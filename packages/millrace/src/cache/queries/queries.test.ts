import { expect, it } from 'vitest';
import { testSystem } from '../../testing/index.ts';
import { createCache, type QueryCacheOptions, type Tier } from '../index.ts';

const setUp = (followed: readonly string[], queryTables: readonly string[] = ['items', 'shelves'], tiers: readonly Tier[] = []) => {
  const on = testSystem();
  const seen = new Set(followed);
  const cache = createCache({ queryTables }, { system: on, tiers, isFollowed: (table) => seen.has(table) });
  const runs: (readonly unknown[])[] = [];
  const ask = (options: QueryCacheOptions | true = true, params: readonly unknown[] = [1], text = 'select 1') =>
    cache.queryRows({ text, params }, options, async (statement) => {
      runs.push(statement.params);
      return [{ run: runs.length }];
    });
  return { on, cache, ask, runs, seen };
};
const second = 1000;
const minute = 60 * second;

it('C14 a result whose tables are followed is fresh for 15 minutes, jitter of a tenth taken off at most', async () => {
  const { on, ask, runs } = setUp(['items', 'shelves']);
  await ask({ tables: ['items', 'shelves'] });
  await on.clock.advance(13 * minute);
  await ask({ tables: ['items', 'shelves'] });
  expect(runs).toHaveLength(1);
  await on.clock.advance(2 * minute + 1);
  await ask({ tables: ['items', 'shelves'] });
  expect(runs).toHaveLength(2);
});

it('C14 where a table is not followed, not declared, or none is named, a result is fresh for 30 seconds', async () => {
  for (const tables of [undefined, [], ['items', 'notes'], ['items', 'shelves']]) {
    const { on, ask, runs } = setUp(['items', 'notes']);
    await ask({ tables });
    await on.clock.advance(26 * second);
    await ask({ tables });
    expect(runs, String(tables)).toHaveLength(1);
    await on.clock.advance(5 * second);
    await ask({ tables });
    expect(runs, String(tables)).toHaveLength(2);
  }
});

it('C14 a table that was not followed when its result was kept drops it all the same when the program says that it changed', async () => {
  const { cache, ask, runs } = setUp([]);
  await ask({ tables: ['items'] });
  await cache.invalidate({ table: 'items', rows: [{ id: 3 }] });
  await ask({ tables: ['items'] });
  expect(runs).toHaveLength(2);
});

it('C14 C8 a change of one table leaves the results of the others', async () => {
  const { cache, ask, runs } = setUp(['items', 'shelves']);
  await ask({ tables: ['items'] }, [1]);
  await ask({ tables: ['shelves'] }, [2]);
  await cache.invalidate({ table: 'items' });
  await ask({ tables: ['items'] }, [1]);
  await ask({ tables: ['shelves'] }, [2]);
  expect(runs).toEqual([[1], [2], [1]]);
});

it('C14 C10 parameters are told apart by their type, and whatever has no canonical text is refused', async () => {
  const { ask, runs } = setUp([]);
  for (const params of [[1], ['1'], [1n], [[1]], [null], [new Date(1)], [{ a: 1, b: 2 }]]) await ask(true, params);
  await ask(true, [{ b: 2, a: 1 }]);
  expect(runs).toHaveLength(7);
  await expect(ask(true, [() => 1])).rejects.toMatchObject({ code: 'MILLRACE_CACHE_KEY' });
});

it('C14 `ttl` stands in place of both, and must be one', async () => {
  const { on, ask, runs } = setUp(['items']);
  await ask({ tables: ['items'], ttl: '2s' });
  await on.clock.advance(2 * second + 1);
  await ask({ tables: ['items'], ttl: '2s' });
  expect(runs).toHaveLength(2);
  await expect(ask({ ttl: -1 })).rejects.toMatchObject({ code: 'MILLRACE_CONFIG' });
});

it('C14 the name of the entity that holds results is taken', () => {
  const { cache } = setUp([]);
  expect(() => cache.entity('query', async () => [], { key: () => 1 })).toThrow(/taken/);
});

it('C14 a result that was kept under other terms is another result: nobody is given one that outlives what he allowed', async () => {
  const { on, cache, ask, runs } = setUp(['items']);
  await ask(true);
  await ask({ tables: ['items'] });
  await cache.invalidate({ table: 'items' });
  await ask({ tables: ['items'] });
  expect(runs).toHaveLength(3); // the untied one does not answer for the tied one
  await ask({ ttl: '1h' });
  await on.clock.advance(3 * second);
  await ask({ ttl: '2s' });
  expect(runs).toHaveLength(5);
  await ask({ tables: ['shelves', 'items'] });
  await ask({ tables: ['items', 'shelves'] });
  expect(runs).toHaveLength(6); // in any order
});

it('C14 a statement is known to its load however many others are asked meanwhile', async () => {
  const { memory } = createCache();
  const below: Tier = {
    name: 'below', // asked first, so that a load begins when all others have been asked for
    get: (keys, context) => memory.get(keys, context),
    set: (writes, context) => memory.set(writes, context),
    delete: (keys, context) => memory.delete(keys, context),
    invalidate: (target, context) => memory.invalidate(target, context),
    stats: () => memory.stats(),
  };
  const { ask, runs } = setUp([], [], [below]);
  const answers = await Promise.all(Array.from({ length: 12_000 }, (_, at) => ask(true, [at])));
  expect(answers.every((rows) => rows.length === 1)).toBe(true);
  expect(runs).toHaveLength(12_000);
});

it('C14 what writes or locks is refused wherever it stands, and words in texts, names and comments are not taken for it', async () => {
  const { ask, runs } = setUp([]);
  const writes = [
    'with u as (update items i set price = 0 returning *) select * from u',
    'with u as (update only items set price = 0 returning *) select * from u',
    'select * into copies from items',
    'select * from items for share',
    'select * from items for no key update',
    'with d as (delete from items returning *) select * from d',
    'truncate items',
    'explain analyze select 1',
  ];
  for (const text of writes) await expect(ask(true, [], text), text).rejects.toMatchObject({ code: 'MILLRACE_CONFIG' });
  expect(runs).toEqual([]);
  const reads = [
    "select * from log where action = 'delete from items' -- update",
    'select "update" from log /* insert into x */',
    "(select $$insert into$$ as text) union select 'it''s for update'",
    'select updated_at, deleted from items',
    'values (1)',
    'table items',
  ];
  for (const text of reads) await ask(true, [], text);
  expect(runs).toHaveLength(reads.length);
});
