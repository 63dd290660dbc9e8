import { afterAll, describe, expect, it } from 'vitest';
import { system } from '../../../src/kernel/index.ts';
import { testTier } from '../../../src/testing/index.ts';
import { directories, entry, makeDiskTier, request } from './disk-support.ts';

const made = directories();
afterAll(() => made.removeAll());

describe('the contract of all tiers', () => {
  testTier({ it }, async () => {
    const tier = await makeDiskTier({ directory: made.next() });
    return { tier, context: request, wallMs: () => system.clock.wallMs(), close: () => tier.stop() };
  });
});

it('C1 a restart finds what was kept, and a fill begun before it still gives way to what was dropped before it', async () => {
  const directory = made.next();
  const first = await makeDiskTier({ directory });
  await first.set([entry('x:1', 'kept', { tags: ['t'] }), entry('x:2', 'dropped')], request());
  const { fence } = await first.get(['x:2'], request());
  await first.delete(['x:2'], request());
  await first.stop();
  const second = await makeDiskTier({ directory });
  const { entries } = await second.get(['x:1', 'x:2'], request());
  expect(entries.map((one) => one?.value)).toEqual(['kept', undefined]);
  expect(await second.set([{ ...entry('x:2', 'old'), fence }], request())).toEqual([false]);
  expect(await second.invalidate({ tag: 't' }, request())).toBe(1);
  await second.stop();
});
