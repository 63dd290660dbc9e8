import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aggregationKey, createCache, DiskTier, PostgresTier, RedisTier, type Tier, ttlOf } from 'millrace/cache';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silent, system } from '../../../src/kernel/index.ts';
import { Redis } from '../../../src/redis/index.ts';
import { type ScratchRedis, startRedis } from '../redis/scratch.ts';
import { type OwnDatabase, ownDatabase } from './postgres-support.ts';

/* What goes through a tier comes back as it was, or is a miss; whatever a loader, a declaration or a stranger does. */

const folder = mkdtempSync(join(tmpdir(), 'millrace-values-'));
let own: OwnDatabase;
let server: ScratchRedis;
let redis: Redis;
let disk: DiskTier;
const tiers: Record<string, Tier> = {};

beforeAll(async () => {
  own = await ownDatabase();
  server = await startRedis();
  redis = new Redis({ url: server.url, commandTimeout: '2s' }, { system, events: silent });
  await redis.start();
  disk = new DiskTier({ directory: folder });
  await disk.start();
  Object.assign(tiers, { redis: new RedisTier(redis), postgres: new PostgresTier(own.database), disk });
});
afterAll(async () => {
  await disk.stop();
  await redis.stop();
  await server.stop();
  await own.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** Tiers are filled behind. */
const until = async (holds: () => Promise<boolean>): Promise<void> => {
  for (let turn = 0; turn < 1000; turn++) {
    if (await holds()) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('not within 5 s');
};

const cacheOn = (kind: string) => createCache({ tierBudget: '2s' }, { tiers: [tiers[kind] as Tier] });

describe.each(['redis', 'postgres', 'disk'])('through the %s tier', (kind) => {
  it('C2 X4 every value that can leave the process comes back exactly, and names of the language stay data', async () => {
    const hostile = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
    const values: Record<string, unknown> = {
      date: new Date(1_700_000_000_000),
      bigint: 2n ** 70n,
      map: new Map([['a', new Set([1, 2])]]),
      bytes: new Uint8Array([0, 255, 7]),
      numbers: [Number.NaN, Number.POSITIVE_INFINITY, -0, 0.1],
      absent: { here: undefined, list: [undefined] },
      text: 'ключ 键 \u0000 \ud83d\udddd',
      hostile,
      falsy: [0, false, '', null],
    };
    const [one, two] = [cacheOn(kind), cacheOn(kind)];
    for (const [name, value] of Object.entries(values)) expect([name, await one.cacheSet(`value:${kind}:${name}`, value)]).toEqual([name, true]);
    for (const [name, value] of Object.entries(values)) expect(await two.cacheGet(`value:${kind}:${name}`)).toEqual(value);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('C2 X4 what cannot leave the process stays in its memory, is a miss elsewhere, and fails nobody', async () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    class Account {
      balance = 1;
    }
    const odd: Record<string, unknown> = { circle, call: { go: () => 1 }, symbol: { is: Symbol('s') }, account: new Account() };
    const [one, two] = [cacheOn(kind), cacheOn(kind)];
    for (const [name, value] of Object.entries(odd)) {
      expect([name, await one.getOrSet(`odd:${kind}:${name}`, async () => value)]).toEqual([name, value]);
      expect([name, await one.cacheGet(`odd:${kind}:${name}`)]).toEqual([name, value]);
      expect([name, await two.cacheGet(`odd:${kind}:${name}`)]).toEqual([name, undefined]);
    }
  });

  it('C12 X4 a value over the limit of the tier is given and kept out of it, and what stood there goes', async () => {
    const [one, two] = [cacheOn(kind), cacheOn(kind)];
    const key = `large:${kind}`;
    await one.cacheSet(key, 'small');
    expect(await two.cacheGet(key)).toBe('small');
    const large = 'x'.repeat(3_000_000);
    await one.cacheSet(key, large);
    expect(await one.cacheGet(key)).toBe(large);
    expect(await cacheOn(kind).cacheGet(key)).toBeUndefined();
  });

  it('C3 C7 user:123 drops what lies below it and never user:1234', async () => {
    const [one, two] = [cacheOn(kind), cacheOn(kind)];
    for (const key of ['user:123', 'user:123:balance', 'user:1234', 'user:1234:balance', 'user:12']) await one.cacheSet(key, key);
    expect(await one.cacheInvalidate('user:123')).toBe(2);
    const left = await Promise.all(['user:123', 'user:123:balance', 'user:1234', 'user:1234:balance', 'user:12'].map((key) => two.cacheGet(key)));
    expect(left).toEqual([undefined, undefined, 'user:1234', 'user:1234:balance', 'user:12']);
    await one.cacheInvalidate('user:*');
  });

  it('C4 the confidence of a row goes with it, and is demanded of the tier too', async () => {
    let sureness = 0.7;
    const entityOn = () =>
      cacheOn(kind).entity('score', async (ids: readonly string[]) => ids.map((id) => ({ id, sureness })), {
        key: ({ id }) => id,
        confidence: (row) => row.sureness,
        ttl: '1h',
      });
    const [first, second] = [entityOn(), entityOn()];
    const id = `sure-${kind}`;
    await first.set(id, { id, sureness });
    expect(await second.getEntry(id)).toMatchObject({ tier: kind, confidence: 0.7 });
    sureness = 0.95;
    expect(await entityOn().getEntry(id, { minConfidence: 0.9 })).toMatchObject({ tier: 'loader', confidence: 0.95 });
  });

  it('C18 sessions, aggregates and lookups go through the same calls, and all sessions of a user end together', async () => {
    const [one, two] = [cacheOn(kind), cacheOn(kind)];
    const session = { userId: 7, roles: ['admin'], since: new Date(0) };
    for (const token of ['a', 'b']) await one.cacheSet(`session:7:${kind}-${token}`, session, ttlOf.session);
    expect(await two.cacheGet(`session:7:${kind}-a`)).toEqual(session);
    await two.cacheInvalidate('session:7');
    expect(await one.cacheInvalidate('session:7')).toBeLessThanOrEqual(2);
    expect(await cacheOn(kind).cacheGet(`session:7:${kind}-b`)).toBeUndefined();
    const key = aggregationKey(`sales-${kind}`, '1h', 1_700_000_123_000);
    expect(key).toBe(aggregationKey(`sales-${kind}`, '1h', 1_700_000_101_000));
    let computed = 0;
    const total = () => two.getOrSet(key, async () => ++computed, { ttl: ttlOf.aggregate });
    expect([await total(), await total()]).toEqual([1, 1]);
    await until(async () => (await one.cacheGet(key)) === 1);
    expect(await one.getOrSet(`lookup:countries:${kind}`, async () => ['FR', 'DE'], { ttl: ttlOf.lookup })).toEqual(['FR', 'DE']);
  });

  it('C6 that there is no row, and what is past its time, is told through the tier as it is kept there', async () => {
    let loads = 0;
    const entityOn = () =>
      cacheOn(kind).entity(
        'gone',
        async (ids: readonly string[]) => {
          loads += ids.length;
          return [] as { id: string }[];
        },
        { key: ({ id }) => id, negativeTtl: '1m' },
      );
    const id = `none-${kind}`;
    const first = entityOn();
    expect(await first.getEntry(id)).toMatchObject({ state: 'absent', tier: 'loader' });
    await until(async () => (await entityOn().getEntry(id)).tier === kind);
    const before = loads;
    expect(await entityOn().getEntry(id)).toMatchObject({ state: 'absent', tier: kind });
    expect(loads).toBe(before);
  });
});
