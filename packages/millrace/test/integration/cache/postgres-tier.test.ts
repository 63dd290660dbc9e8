import { type Database, migrate } from 'millrace/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheMigrations, PostgresTier, type PostgresTierDatabase } from '../../../src/cache/tiers/postgres/index.ts';
import { system } from '../../../src/kernel/index.ts';
import { testTier } from '../../../src/testing/index.ts';
import { entry, type OwnDatabase, ownDatabase, request } from './postgres-support.ts';

let own: OwnDatabase;
let database: Database;
let tier: PostgresTier;
beforeAll(async () => {
  own = await ownDatabase();
  database = own.database;
  tier = new PostgresTier(database);
});
afterAll(() => own.drop());

const tables = ['cache_state', 'cache_entries', 'cache_fences', 'cache_patterns', 'cache_leases'].map((name) => `millrace.${name}`).join(', ');
const values = async (of: PostgresTier, ...keys: string[]) => (await of.get(keys, request())).entries.map((one) => one?.value);

/** Counts the statements that reach the server. */
const counting = (): PostgresTierDatabase & { count: number } => ({
  count: 0,
  run(statement, call) {
    this.count++;
    return database.run(statement, call);
  },
});

describe('the contract of all tiers', () => {
  testTier(
    { it },
    async () => {
      await database.execute(`truncate ${tables}`);
      return { tier: new PostgresTier(database), context: request, wallMs: () => system.clock.wallMs(), close: () => Promise.resolve() };
    },
    { grantsLeases: true },
  );
});

it('C1 the tables are unlogged, and the migration is applied once', async () => {
  const logged = await database.query(`select relname from pg_class where relnamespace = 'millrace'::regnamespace and relkind = 'r' and relpersistence <> 'u'`);
  expect(logged).toEqual([{ relname: 'migrations' }]);
  const again = await migrate(cacheMigrations, { mode: 'auto' }, { connect: () => database.connectDirect() });
  expect(again.applied).toEqual([]);
});

it('C11 the reads of a turn are one statement, and so are a hundred fills', async () => {
  const port = counting();
  const batched = new PostgresTier(port);
  const keys = Array.from({ length: 100 }, (_, at) => `page:${at}`);
  const { fence } = await batched.get(['page:none'], request());
  port.count = 0;
  expect(
    await batched.set(
      keys.map((key) => ({ ...entry(key, key), fence })),
      request(),
    ),
  ).toEqual(keys.map(() => true));
  expect(port.count).toBe(1);
  const answers = await Promise.all(keys.map((key) => batched.get([key, 'page:none'], request())));
  expect(port.count).toBe(2);
  expect(answers.map(({ entries }) => entries.map((one) => one?.value))).toEqual(keys.map((key) => [key, undefined]));
});

it('C1 a caller whose time is over leaves the shared statement to the others', async () => {
  let answer = (_rows: readonly Record<string, unknown>[]): void => {};
  const slow = new PostgresTier({
    run: () =>
      new Promise((resolve) => {
        answer = (rows) => resolve({ rows });
      }),
  });
  const short = slow.get(['x:1'], request('20ms'));
  const long = slow.get(['x:2'], request());
  await expect(short).rejects.toMatchObject({ code: 'MILLRACE_DEADLINE' });
  answer([{ fence: 'e.1', key: null, body: null }]);
  expect((await long).entries).toEqual([undefined]);
});

it('C8 what one process drops, the fill of another does not bring back, in any order of the two', async () => {
  const other = new PostgresTier(await own.another());
  const [outcomes, rounds] = [{ landed: 0, refused: 0 }, 150];
  for (let round = 0; round < rounds; round++) {
    const key = `race:${round}`;
    const { fence } = await tier.get([key], request());
    const fill = tier.set([{ ...entry(key, 'old', { tags: ['race'] }), fence }], request());
    const target = [{ key }, { tag: 'race' }, { pattern: 'race:*' }, { entity: 'race' }][round % 4] as { key: string };
    const [[stored]] = await Promise.all([fill, other.invalidate(target, request())]);
    outcomes[stored ? 'landed' : 'refused']++;
    expect(await values(other, key), `${round}`).toEqual([undefined]);
  }
  console.log(`fills against invalidations: ${JSON.stringify(outcomes)}`);
  expect(outcomes.landed + outcomes.refused).toBe(rounds);
});

it('C8 an invalidation waits for a fill that has looked and not yet written', async () => {
  const { fence } = await tier.get(['held:1'], request());
  const [epoch, since] = String(fence).split('.');
  let dropped: Promise<number> | undefined;
  await database.transaction(async (transaction) => {
    const fill = 'select millrace.cache_fill($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[])';
    await transaction.query(fill, [['held:1'], ['body'], ['[]'], [9e15], ['["kheld:1"]'], [epoch], [since]]);
    dropped = tier.invalidate({ key: 'held:1' }, request());
    await transaction.query('select pg_sleep(0.1)');
  });
  expect(await dropped).toBe(1);
});

it('C8 what was forgotten of the fences refuses fills begun before', async () => {
  const { fence } = await tier.get(['floor:1'], request());
  for (let round = 0; round < 40; round++) await tier.invalidate({ pattern: `elsewhere${round}:*` }, request());
  expect(await tier.set([{ ...entry('floor:1', 'old'), fence }], request())).toEqual([false]);
  const { fence: later } = await tier.get(['floor:1'], request());
  const keys = Array.from({ length: 11_000 }, (_, at) => `many:${at}`);
  await tier.delete(keys, request());
  await tier.delete(
    keys.map((key) => `${key}:more`),
    request(),
  );
  const [counted] = await database.query<{ fences: number; patterns: number }>(
    'select (select count(*)::int from millrace.cache_fences) as fences, (select count(*)::int from millrace.cache_patterns) as patterns',
  );
  expect(counted?.patterns).toBeLessThanOrEqual(32);
  expect(counted?.fences).toBeLessThanOrEqual(22_000);
  expect(await tier.set([{ ...entry('floor:1', 'old'), fence: later }], request())).toEqual([false]);
});

it('C8 tables emptied as a crash of the server empties them are misses, and fills begun before are refused', async () => {
  await tier.set([entry('crash:1', 'kept')], request());
  const { fence } = await tier.get(['crash:2'], request());
  await database.execute(`truncate ${tables}`);
  expect(await tier.set([{ ...entry('crash:2', 'old'), fence }], request())).toEqual([false]);
  expect(await values(tier, 'crash:1', 'crash:2')).toEqual([undefined, undefined]);
  expect(await tier.set([{ ...entry('crash:2', 'older still'), fence }], request())).toEqual([false]);
  const { fence: fresh } = await tier.get(['crash:2'], request());
  expect(await tier.set([{ ...entry('crash:2', 'new'), fence: fresh }], request())).toEqual([true]);
});

it('C8 C12 after it was told to forget, everything is a miss and a fill begun before is refused', async () => {
  await tier.set([entry('old:1', 'before'), entry('old:2', 'before', { tags: ['t'] })], request());
  const { fence } = await tier.get(['old:1'], request());
  await tier.forget(request());
  expect(await values(tier, 'old:1', 'old:2')).toEqual([undefined, undefined]);
  expect(await tier.set([{ ...entry('old:1', 'late'), fence }], request())).toEqual([false]);
  expect(await tier.set([entry('old:1', 'new')], request())).toEqual([true]);
});

it('C8 under a stricter isolation, where it could not see a fence, it refuses to work', async () => {
  const strict = createStrict();
  await expect(new PostgresTier(strict).set([entry('x:1', 1)], request())).rejects.toMatchObject({ code: 'MILLRACE_QUERY' });
});

const createStrict = (): PostgresTierDatabase => ({
  run: async ({ text, values }) => ({
    rows: await database.transaction((transaction) => transaction.query(text, values), { isolation: 'repeatable read' }),
  }),
});

it('C1 what only memory can hold, what is too large and names over 2,000 bytes are kept out, and what stood there goes', async () => {
  const small = new PostgresTier(database, { longestEntry: '1KiB' });
  await small.set([entry('odd:0', 'before'), entry('odd:1', 'before')], request());
  const long = '键'.repeat(1000);
  const writes = [entry('odd:0', () => 1), entry('odd:1', 'x'.repeat(2000)), entry(long, 1), entry('odd:2', 1, { tags: [long] }), entry('odd:3', 'fine')];
  expect(await small.set(writes, request())).toEqual([false, false, false, false, true]);
  expect(await values(small, 'odd:0', 'odd:1', long, 'odd:2', 'odd:3')).toEqual([undefined, undefined, undefined, undefined, 'fine']);
  expect(await small.delete([long], request())).toBe(0);
  expect(await small.invalidate({ tag: long }, request())).toBe(0);
});

it('X4 an entry that somebody else wrote, or with a flipped letter, is a miss; quotes and signs of LIKE are letters', async () => {
  await tier.set([entry('flip:1', { name: 'tea' }), entry(`flip:2'); drop table x; --`, 2), entry('flip:a_b%c\\d', 3), entry('flip:aXbYcZd', 4)], request());
  await database.execute(`update millrace.cache_entries set body = replace(body, 'tea', 'tee') where key = 'flip:1'`);
  expect(await values(tier, 'flip:1', `flip:2'); drop table x; --`)).toEqual([undefined, 2]);
  expect(await tier.invalidate({ pattern: 'flip:a_b%c\\*' }, request())).toBe(1);
  expect(await values(tier, 'flip:a_b%c\\d', 'flip:aXbYcZd')).toEqual([undefined, 4]);
});

it('C1 expired entries are deleted in batches, and past a bound those that end soonest go', async () => {
  await database.execute(`truncate ${tables}`);
  const bounded = new PostgresTier(database, { maxEntries: 500 });
  const ended = Array.from({ length: 2500 }, (_, at) => ({ ...entry(`ended:${at}`, at), fence: undefined }));
  await bounded.set(ended, request());
  await database.execute('update millrace.cache_entries set expires_ms = 1');
  const endsInMs = (at: number) => ({ freshUntilMs: system.clock.wallMs() + 60_000 + at * 1000 });
  await bounded.set(
    Array.from({ length: 800 }, (_, at) => entry(`soon:${at}`, at, endsInMs(at))),
    request(),
  );
  await bounded.upkeep();
  expect(bounded.stats()).toMatchObject({ expirations: 2500, evictions: 300, entries: 500, upkeepFailures: 0 });
  expect(await values(bounded, 'soon:0', 'soon:299', 'soon:300', 'soon:799')).toEqual([undefined, undefined, 300, 799]);
});

it('C12 without its tables every call fails and nothing else does; upkeep counts it', async () => {
  await database.execute('alter schema millrace rename to elsewhere');
  const bare = new PostgresTier(database);
  await expect(bare.get(['x:1'], request())).rejects.toMatchObject({ code: 'MILLRACE_QUERY' });
  await bare.upkeep();
  expect(bare.stats().upkeepFailures).toBe(1);
  await database.execute('alter schema elsewhere rename to millrace');
  expect((await bare.get(['x:1'], request())).entries).toEqual([undefined]);
});
