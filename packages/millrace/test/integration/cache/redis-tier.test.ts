import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisTier } from '../../../src/cache/tiers/redis/index.ts';
import { rootContext, system } from '../../../src/kernel/index.ts';
import { Redis } from '../../../src/redis/index.ts';
import { testTier } from '../../../src/testing/index.ts';
import { type ScratchRedis, startRedis } from '../redis/scratch.ts';

let server: ScratchRedis;
let redis: Redis;
let made = 0;
beforeAll(async () => {
  server = await startRedis();
  redis = new Redis({ url: server.url, commandTimeout: '2s' }, { system });
  await redis.start();
});
afterAll(async () => {
  await redis.stop();
  await server.stop();
});
const context = () => rootContext(system, 'test', { timeout: '10s' });

for (const shards of [1, 16])
  describe(`over ${shards} shards`, () => {
    testTier(
      { it },
      async () => {
        const tier = new RedisTier(redis, { prefix: `t${made++}:`, shards });
        await tier.invalidate({ tag: 'first touch' }, context()); // a shard that was never there refuses what was begun before, as one that was lost does
        return { tier, context, wallMs: () => system.clock.wallMs(), close: () => Promise.resolve() };
      },
      { grantsLeases: true },
    );
  });

const envelope = (value: unknown, tags: readonly string[] = []) => ({
  value,
  storedAtMs: system.clock.wallMs(),
  freshUntilMs: system.clock.wallMs() + 60_000,
  staleForMs: 0,
  graceMs: 0,
  tags,
  version: '1',
  confidence: undefined,
});

it('C8 C12 whatever Redis evicts of what belongs to the entries, no old value stands', async () => {
  for (const gone of ['h', 'f', 'm', 'i', 'q', 't:category:7']) {
    const tier = new RedisTier(redis, { prefix: `evict-${gone}:` });
    const { fence } = await tier.get(['x:1'], context());
    await tier.set([{ key: 'x:1', envelope: envelope('old', ['category:7']), fence: undefined }], context());
    await redis.unlink([`evict-${gone}:{0}:${gone}`]);
    await tier.invalidate({ tag: 'category:7' }, context());
    expect((await tier.get(['x:1'], context())).entries, gone).toEqual([undefined]);
    expect(await tier.set([{ key: 'x:1', envelope: envelope('older still', ['category:7']), fence }], context()), gone).toEqual([false]);
  }
});

it('C11 a thousand keys are one round trip, and dropping thousands goes in batches', async () => {
  const tier = new RedisTier(redis, { prefix: 'many:' });
  const keys = Array.from({ length: 1800 }, (_, at) => `page:${at}`);
  await tier.set(
    keys.map((key) => ({ key, envelope: envelope(key, ['all']), fence: undefined })),
    context(),
  );
  const before = redis.stats().commands;
  expect((await tier.get(keys.slice(0, 1000), context())).entries.filter((entry) => entry !== undefined)).toHaveLength(1000);
  expect(redis.stats().commands - before).toBe(2);
  expect(await tier.invalidate({ pattern: 'page:1*' }, context())).toBe(911);
  expect(await tier.invalidate({ tag: 'all' }, context())).toBe(889);
});

it('C1 what only memory can hold, and what is too large, is kept out', async () => {
  const tier = new RedisTier(redis, { prefix: 'odd:', longestEntry: 1000 });
  const writes = [() => 1, 'x'.repeat(2000), 'fine'].map((value, at) => ({ key: `odd:${at}`, envelope: envelope(value), fence: undefined }));
  expect(await tier.set(writes, context())).toEqual([false, false, true]);
  expect(await tier.set([{ key: 'odd:2', envelope: envelope(() => 1), fence: undefined }], context())).toEqual([false]);
  expect((await tier.get(['odd:2'], context())).entries).toEqual([undefined]);
});

it('X4 keys that would meet in UTF-8 stay apart', async () => {
  const tier = new RedisTier(redis, { prefix: 'lone:' });
  const keys = ['a:\ud800', 'a:\udfff', 'a:\ufffd'];
  await tier.set(
    keys.map((key) => ({ key, envelope: envelope(key.charCodeAt(2)), fence: undefined })),
    context(),
  );
  expect((await tier.get(keys, context())).entries.map((entry) => entry?.value)).toEqual([0xd800, 0xdfff, 0xfffd]);
  expect(await tier.invalidate({ key: 'a:\ud800' }, context())).toBe(1);
  expect((await tier.get(keys, context())).entries.map((entry) => entry !== undefined)).toEqual([false, true, true]);
});

it('X4 an entry that somebody else wrote, or with a flipped byte, is a miss', async () => {
  const tier = new RedisTier(redis, { prefix: 'flip:' });
  await tier.set([{ key: 'x:1', envelope: envelope({ name: 'tea' }), fence: undefined }], context());
  const place = 'flip:{0}:e:x:1';
  const [text] = (await redis.getMany([place])) as [string];
  await redis.command(['SET', place, text.replace('tea', 'tee')], place);
  expect((await tier.get(['x:1'], context())).entries).toEqual([undefined]);
  await redis.command(['SET', place, `${text.split('\n')[0]}\nnot ours`], place);
  expect((await tier.get(['x:1'], context())).entries).toEqual([undefined]);
});
