import { createMillrace } from 'millrace';

const millrace = await createMillrace({ cache: { warming: { schedule: '*/5 * * * *' } } });
const product = millrace.cache.entity(
  'product',
  (ids: readonly number[], call) => millrace.database.query<{ id: number; name: string }>('select * from products where id = any($1)', [ids], call),
  {
    key: (row) => row.id,
    ttl: '1h',
    warm: {
      keys: 500,
      essential: async () => (await millrace.database.query<{ id: number }>('select id from products where is_on_front_page')).map(({ id }) => id),
    },
  },
);

console.log(await millrace.warmEssentialCache()); // how many essential ids are fresh now: wait for it before the first request, if you like
console.log(millrace.cache.stats().warming, product.stats().misses);
