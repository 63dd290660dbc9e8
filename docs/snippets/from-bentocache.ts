import { createMillrace } from 'millrace';

interface Product {
  readonly id: number;
  readonly categoryId: number;
  readonly name: string;
}

// new BentoCache({ default: 'multi', stores: { multi: bentostore().useL1Layer(memoryDriver(…)).useL2Layer(redisDriver(…)).useBus(redisBusDriver(…)) } })
const millrace = await createMillrace(); // memory, Redis where REDIS_URL is set, and the bus between the processes

// const products = bento.namespace('products')
export const product = millrace.cache.entity(
  'product',
  (ids: readonly number[], call) =>
    millrace.database.query<Product>('select id, category_id as "categoryId", name from products where id = any($1)', [ids], call),
  {
    key: (row) => row.id,
    ttl: '10m', // ttl
    staleIfError: '6h', // grace
    softTimeout: '200ms', // timeout
    loadTimeout: '2s', // hardTimeout
    tags: (row) => [`category:${row.categoryId}`], // tags
    tables: { products: (row) => row.id }, // no counterpart: psql may change a row too
  },
);

console.log(await product.get(1)); // products.getOrSet({ key: '1', factory, … })
await product.invalidate(1); // products.delete({ key: '1' })
await millrace.cache.invalidate({ tag: 'category:7' }); // bento.deleteByTag({ tags: ['category:7'] })
await millrace.cache.invalidate({ entity: 'product' }); // products.clear()
