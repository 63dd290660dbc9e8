import { createMillrace } from 'millrace';

interface Report {
  readonly day: string;
  readonly total: number;
}
declare const makeReport: (day: string, signal: AbortSignal) => Promise<Report>;

// createCache({ stores: [new Keyv({ store: new CacheableMemory(…) }), new Keyv({ store: new KeyvRedis(url) })], ttl: 600_000, refreshThreshold: 60_000 })
const millrace = await createMillrace(); // DATABASE_URL, and REDIS_URL for the second tier

// cache.wrap(`report:${day}`, () => makeReport(day), 600_000, 60_000)
export const report = (day: string): Promise<Report> =>
  millrace.cache.getOrSet(`report:${day}`, ({ signal }) => makeReport(day, signal), { ttl: '10m', staleFor: '1m' });

await millrace.cacheSet('greeting', 'hello', 600); // cache.set('greeting', 'hello', 600_000): seconds in these plain calls
console.log(await millrace.cacheGet<string>('greeting')); // undefined where there is none, not null
await millrace.cacheInvalidate('report:*'); // what cache.clear() had to be used for
