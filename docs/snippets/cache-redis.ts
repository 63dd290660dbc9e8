import { createMillrace } from 'millrace';

interface Product {
  readonly id: number;
  readonly name: string;
}

const millrace = await createMillrace({ redisUrl: process.env['REDIS_URL'], service: 'shop' });

const product = millrace.cache.entity(
  'product',
  (ids: readonly number[], call) => millrace.database.query<Product>('select * from products where id = any($1)', [ids], call),
  {
    key: (row) => row.id,
    ttl: '1h',
    staleIfError: '10m',
  },
);

export async function rename(id: number, name: string): Promise<void> {
  await millrace.executeQuery('update products set name = $2 where id = $1', [id, name]);
  await product.invalidate(id); // gone here, in Redis, and in every other process
}
