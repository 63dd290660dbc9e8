import { createMillrace } from 'millrace';

const millrace = await createMillrace();
const product = millrace.cache.entity(
  'product',
  (ids: readonly number[], call) => millrace.database.query<{ id: number; pricePence: number }>('select * from products where id = any($1)', [ids], call),
  { key: (row) => row.id, ttl: '1h', tables: { products: (row) => row.id } },
);

await millrace.executeQuery('update products set price_pence = 1200 where id = $1', [7]);
const token = await millrace.caughtUp(); // what was committed until now is in the caches of this process
console.log(await product.get(7)); // never older

/** Elsewhere, the token came with the request. */
export async function readElsewhere(after: string): Promise<unknown> {
  await millrace.caughtUp({ after });
  return product.get(7);
}
console.log(await readElsewhere(token));
