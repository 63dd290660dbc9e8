import fastify from 'fastify';
import { createMillrace } from 'millrace';
import { millraceFastify, millraceServer, NotFoundError } from 'millrace/fastify';

interface Product {
  readonly id: number;
  readonly name: string;
}

const millrace = await createMillrace();
const product = millrace.cache.entity(
  'product',
  (ids: readonly number[], call) => millrace.database.query<Product>('select id, name from products where id = any($1)', [ids], call),
  { key: (row) => row.id, ttl: '1h' },
);

const app = fastify(millraceServer());
await app.register(millraceFastify, { millrace }); // before the routes

app.get<{ Params: { id: string } }>('/products/:id', { config: { millrace: { timeout: '2s', priority: 'high' } } }, async (request) => {
  const found = await product.get(Number(request.params.id), request.call);
  if (!found) throw new NotFoundError(`Product ${request.params.id}`);
  return found;
});

await app.listen({ port: 3000 });
process.once('SIGTERM', () => void millrace.stop());
