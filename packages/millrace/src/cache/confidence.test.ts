import { expect, it } from 'vitest';
import { settle, testSystem } from '../testing/index.ts';
import { confidenceTtl, createCache, type EntityOptions, ttlOf } from './index.ts';

interface Score {
  readonly id: string;
  readonly sureness: number;
  readonly round: number;
}

const setUp = (options: Partial<EntityOptions<string, Score>> = {}, shared = createCache({}, { system: testSystem() }).memory) => {
  const on = testSystem();
  const cache = createCache({}, { system: on, tiers: shared.name === 'memory' ? [] : [shared] });
  const now = { sureness: 0.7, rounds: 0 };
  const load = async (ids: readonly string[]): Promise<Score[]> => {
    now.rounds++;
    return ids.map((id) => ({ id, sureness: now.sureness, round: now.rounds }));
  };
  const score = cache.entity('score', load, { key: ({ id }) => id, jitter: 0, confidence: ({ sureness }) => sureness, ...options });
  return { on, cache, now, score };
};

it('C4 a TTL is 1, 2, 3 or 6 times its base by the confidence, and never above the maximum', () => {
  const minutes = (confidence: number) => confidenceTtl(confidence, '5m', '1d');
  expect([0, 0.6, 0.61, 0.8, 0.81, 0.9, 0.91, 1].map(minutes)).toEqual(['5m', '5m', '10m', '10m', '15m', '15m', '30m', '30m']);
  expect(confidenceTtl(1, '30m')).toBe('1h'); // six times 1,800 s would be three hours
  for (const wrong of [-0.1, 1.1, Number.NaN, Number.POSITIVE_INFINITY, '1' as never]) expect(() => confidenceTtl(wrong)).toThrow(/between 0 and 1/);
});

it('C4 a sure row lives longer than an unsure one, as its declaration says', async () => {
  const { on, now, score } = setUp({ confidenceBase: '10s', maxTtl: '40s' });
  now.sureness = 0.5;
  await score.get('low');
  now.sureness = 0.95;
  await score.get('high');
  await on.clock.advance(11_000);
  expect([score.peek('low'), score.peek('high')?.id]).toEqual([undefined, 'high']);
  await on.clock.advance(30_000);
  expect(score.peek('high')).toBeUndefined();
});

it('C4 getEntry tells the confidence, and who demands more gets a new load, the others what there is', async () => {
  const { on, now, score } = setUp({ ttl: '1h' });
  expect(await score.getEntry('a')).toMatchObject({ state: 'loaded', confidence: 0.7 });
  expect(await score.getEntry('a')).toMatchObject({ state: 'hit', confidence: 0.7, value: { round: 1 } });
  await on.clock.advance(2000);
  now.sureness = 0.9;
  const [first, second, unsure] = await Promise.all([score.get('a', { minConfidence: 0.8 }), score.get('a', { minConfidence: 0.8 }), score.get('a')]);
  expect([first?.round, second?.round, unsure?.round]).toEqual([2, 2, 1]);
  expect((await score.get('a'))?.round).toBe(2);
});

it('C4 a load that is no surer than before fails whoever demands more, once a second', async () => {
  const { on, now, score } = setUp({ ttl: '1h' });
  await score.get('a');
  await on.clock.advance(2000);
  const demand = () => score.get('a', { minConfidence: 0.8 });
  await expect(demand()).rejects.toMatchObject({ code: 'MILLRACE_CONFIDENCE', confidence: 0.7 });
  await expect(demand()).rejects.toMatchObject({ code: 'MILLRACE_CONFIDENCE' });
  expect(now.rounds).toBe(2);
  await on.clock.advance(2000);
  now.sureness = 1;
  expect((await score.getMany(['a'], { minConfidence: 0.8 }))[0]?.round).toBe(3);
});

it('C4 X4 a confidence that is none fails the row it came from and no other, and a demand that is none fails the call', async () => {
  const { score } = setUp({ confidence: ({ id }) => (id === 'bad' ? Number.NaN : 0.9) });
  const [good, bad] = await Promise.allSettled([score.get('good'), score.get('bad')]);
  expect(good.status).toBe('fulfilled');
  expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'MILLRACE_CONFIDENCE' } });
  for (const minConfidence of [2, -1, Number.NaN]) await expect(score.get('good', { minConfidence })).rejects.toMatchObject({ code: 'MILLRACE_CONFIDENCE' });
});

it('C4 in the plain calls a confidence decides the TTL where none is given', async () => {
  const { on, cache } = setUp();
  const load = async () => ({ sureness: 0.95 });
  await cache.getOrSet('analysis:1:full', load, { confidence: ({ sureness }) => sureness, jitter: 0 });
  await on.clock.advance(29 * 60_000);
  expect(await cache.cacheGet('analysis:1:full')).toEqual({ sureness: 0.95 });
  await on.clock.advance(2 * 60_000);
  expect(await cache.cacheGet('analysis:1:full')).toBeUndefined();
});

it('C6 past refreshAfter one load refreshes behind while everybody is given the fresh row', async () => {
  const { on, now, score } = setUp({ ttl: '100s', refreshAfter: 0.8 });
  await score.get('a');
  await on.clock.advance(79_000);
  expect((await score.getEntry('a')).state).toBe('hit');
  expect(now.rounds).toBe(1);
  await on.clock.advance(2000);
  const answers = await Promise.all(Array.from({ length: 50 }, () => score.getEntry('a')));
  expect(answers.every(({ state, value }) => state === 'hit' && value?.round === 1)).toBe(true);
  await settle();
  expect(now.rounds).toBe(2);
  expect((await score.get('a'))?.round).toBe(2);
  expect(score.stats()).toMatchObject({ staleHits: 0 });
});

it('C6 with refreshAfter a row is still no older than its TTL', async () => {
  const { on, now, score } = setUp({ ttl: '100s', refreshAfter: 0.5 });
  await score.get('a');
  await on.clock.advance(101_000);
  expect(score.peek('a')).toBeUndefined();
  expect(await score.getEntry('a')).toMatchObject({ state: 'loaded', value: { round: 2 } });
  expect(now.rounds).toBe(2);
});

it('C3 the usual kinds have the times to live of the sources', () => {
  expect(ttlOf).toMatchObject({ product: '1h', category: '2h', inventory: '5m', user: '30m', query: '15m', lookup: '24h', price: '5m', marketSummary: '10m' });
  expect(ttlOf).toMatchObject({ tokenMetadata: '24h', publicKey: '1h', walletBalance: '1m', transactionHistory: '5m' });
});
