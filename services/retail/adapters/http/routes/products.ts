import { z } from 'zod';
import type { Inventory } from '../../../domain/inventory.ts';
import type { Catalogue, Product } from '../../../domain/products.ts';
import type { Cursors } from '../cursor.ts';
import { pagingOf } from '../paging.ts';
import { type Answer, type Route, route } from '../route.ts';
import * as schemas from '../schemas.ts';

const byId = z.strictObject({ id: schemas.idOf('product') });

/** The version is the ETag: `If-Match` with it changes that version or nothing. */
const withTag = (product: Product): Answer => ({ body: product, headers: { etag: `"${product.version}"` } });

export function productRoutes(catalogue: Catalogue, inventory: Inventory, cursors: Cursors): Route[] {
  return [
    route({
      method: 'GET',
      path: '/retail/products',
      id: 'listProducts',
      summary: 'Products on sale, filtered and sorted: by cursor, or by page with totals',
      query: schemas.productQuery,
      answers: { status: 200, description: 'A page', schema: schemas.productPage },
      async handle({ query }, call) {
        const { category: categoryId, limit, cursor, page, ...rest } = query;
        const filters = { ...rest, categoryId };
        const paging = pagingOf(cursors, 'products', filters);
        return { body: paging.answer(query, await catalogue.listProducts(filters, paging.request({ limit, cursor, page }), call)) };
      },
    }),
    route({
      method: 'GET',
      path: '/retail/products/search',
      id: 'searchProducts',
      summary: 'Full-text search in the names of products, the best first',
      query: schemas.searchQuery,
      answers: { status: 200, description: 'A page', schema: schemas.foundPage },
      async handle({ query }, call) {
        const paging = pagingOf(cursors, 'search', { q: query.q });
        return { body: paging.answer(query, await catalogue.searchProducts(query.q, paging.request(query), call)) };
      },
    }),
    route({
      method: 'POST',
      path: '/retail/products',
      id: 'createProduct',
      summary: 'Puts a product on sale',
      body: schemas.productDraft,
      refuses: [404, 409],
      answers: { status: 201, description: 'The product; Location names it', schema: schemas.product },
      async handle({ body }, call) {
        const product = await catalogue.createProduct(body, call);
        const { headers } = withTag(product);
        return { body: product, headers: { ...headers, location: `/retail/products/${product.id}` } };
      },
    }),
    route({
      method: 'GET',
      path: '/retail/products/{id}',
      id: 'getProduct',
      summary: 'One product',
      params: byId,
      answers: { status: 200, description: 'The product; its version is the ETag', schema: schemas.product },
      handle: async ({ params }, call) => withTag(await catalogue.getProduct(params.id, call)),
    }),
    route({
      method: 'PATCH',
      path: '/retail/products/{id}',
      id: 'updateProduct',
      summary: 'Changes the given fields of a product',
      params: byId,
      headers: schemas.ifMatch,
      body: schemas.productChanges,
      refuses: [409, 412],
      answers: { status: 200, description: 'The product as it is now', schema: schemas.product },
      handle: async ({ params, body, headers }, call) => withTag(await catalogue.updateProduct(params.id, body, headers['if-match'], call)),
    }),
    route({
      method: 'DELETE',
      path: '/retail/products/{id}',
      id: 'deleteProduct',
      summary: 'Takes a product off sale; the sales it was in keep it',
      params: byId,
      headers: schemas.ifMatch,
      refuses: [412],
      answers: { status: 204, description: 'It is off sale' },
      async handle({ params, headers }, call) {
        await catalogue.deleteProduct(params.id, headers['if-match'], call);
        return {};
      },
    }),
    route({
      method: 'GET',
      path: '/retail/products/{id}/stock',
      id: 'getProductStock',
      summary: 'One product with its stock in every store',
      params: byId,
      answers: { status: 200, description: 'The product and its stock', schema: schemas.productWithStock },
      handle: async ({ params }, call) => ({ body: await inventory.getProductWithStock(params.id, call) }),
    }),
    route({
      method: 'GET',
      path: '/retail/products/{id}/movements',
      id: 'listProductMovements',
      summary: 'What came in and went out of one product, the newest first',
      params: byId,
      query: z.strictObject(schemas.keysetQuery),
      answers: { status: 200, description: 'A page', schema: schemas.movementPage },
      async handle({ params, query }, call) {
        const paging = pagingOf(cursors, 'movements', params);
        return { body: paging.answer(query, await inventory.listMovements(params.id, paging.request(query), call)) };
      },
    }),
  ];
}
