import { createMillrace } from 'millrace';

const millrace = await createMillrace();

await millrace.cacheSet('user:123', { name: 'Ada' }, 1800); // a bare number is seconds here
console.log(await millrace.cacheGet<{ name: string }>('user:123'));

const rates = await millrace.cache.getOrSet('rates:eur', ({ signal }) => fetch('https://rates.example/eur', { signal }).then((answer) => answer.json()), {
  ttl: '5m',
  staleIfError: '1h',
});
console.log(rates);

console.log(await millrace.cacheInvalidate('user:123')); // user:123 and user:123:…, never user:1234
console.log(millrace.cache.getHitRate(), millrace.cache.getMetrics().entries);
