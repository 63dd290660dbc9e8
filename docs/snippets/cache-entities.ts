import { createMillrace } from 'millrace';

interface Product {
  readonly id: number;
  readonly name: string;
  readonly categoryId: number;
}

const millrace = await createMillrace();

const load = (ids: readonly number[], { signal }: { signal: AbortSignal }) =>
  millrace.database.query<Product>('select id, name, category_id as "categoryId" from products where id = any($1)', [ids], { signal });

export const product = millrace.cache.entity('product', load, {
  key: (row) => row.id,
  ttl: '1h',
  staleIfError: '10m',
  tags: (row) => [`category:${row.categoryId}`],
  tables: { products: (row) => row.id },
});

export const name = (id: number): Promise<string | undefined> => product.get(id).then((row) => row?.name);
export const page = (ids: readonly number[]): Promise<(Product | undefined)[]> => product.getMany(ids); // the misses in one query
