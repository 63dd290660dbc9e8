import { createCache } from 'millrace/cache';

const cache = createCache({ memory: { size: '256MiB', maxEntries: 1_000_000 }, freeze: process.env['NODE_ENV'] !== 'production' });

const country = cache.entity('country', async (codes: readonly string[]) => codes.map((code) => ({ code, name: `Name of ${code}` })), {
  key: (row) => row.code,
  size: ({ name }) => 64 + name.length, // bytes; estimated where it is not given
});

await country.warm(['de', 'fr', 'gb']);
console.log(country.peek('fr')); // synchronous
console.log(cache.stats().tiers[0]); // { name: 'memory', policy: 's3-fifo', entries: 3, sizeBytes: …, evictions: 0, … }
