import { createMillrace } from 'millrace';

const millrace = await createMillrace();

interface Product {
  readonly id: number;
  readonly name: string;
}

/** A row of `products` changed by whomever, psql too, is the next answer of every process. */
const product = millrace.cache.entity(
  'product',
  (ids: readonly number[], call) => millrace.database.query<Product>('select id, name from products where id = any($1)', [ids], call),
  { key: (row) => row.id, ttl: '1h', tables: { products: (row) => row.id } },
);
process.stdout.write(`${(await product.get(42))?.name}\n`);

const changes = millrace.stats().changes;
process.stdout.write(`${changes?.level}: ${changes?.tables.join(', ')} ${changes?.reason ?? ''}\n`);
await millrace.stop();
