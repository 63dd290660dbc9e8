import { createMillrace } from 'millrace';

interface Product {
  readonly id: number;
  readonly name: string;
}

const millrace = await createMillrace(); // DATABASE_URL; not set: an embedded PostgreSQL
await millrace.executeQuery('create table if not exists products (id int primary key, name text not null)');
await millrace.executeQuery("insert into products values (7, 'rye'), (42, 'tea') on conflict do nothing");

const load = (ids: readonly number[], { signal }: { signal: AbortSignal }) =>
  millrace.database.query<Product>('select * from products where id = any($1)', [ids], { signal });
const product = millrace.cache.entity('product', load, { key: (row) => row.id, ttl: '1h' });

console.log(await product.get(42)); // 500 callers at once, one query
console.log(await product.getMany([7, 42, 99])); // the misses in one batch
await millrace.stop();
