import { createCache } from 'millrace/cache';

interface Product {
  readonly id: number;
  readonly categoryId: number;
}

const cache = createCache();
const product = cache.entity('product', async (ids: readonly number[]) => ids.map((id): Product => ({ id, categoryId: id % 10 })), {
  key: (row) => row.id,
  tags: (row) => [`category:${row.categoryId}`],
  tables: { products: (row) => row.id },
});

await product.invalidate(42); // this one, and what lies below it
await cache.invalidate({ tag: 'category:7' }); // all that carry the tag
await cache.invalidate({ pattern: 'query:*' }); // * stands for any characters
await cache.invalidate({ entity: 'product' }); // the whole family, in one step
await cache.invalidate({ table: 'products', rows: [{ id: 42 }] }); // what these changed rows make outdated
