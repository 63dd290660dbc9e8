import type { FastifyInstance } from 'fastify';
import { ConflictError, InvalidInputError, NotFoundError, UnavailableError } from 'millrace/fastify';

interface Shelf {
  take(productId: number, quantity: number): Promise<'taken' | 'unknown' | 'too few' | 'away'>;
}

export function sell(app: FastifyInstance, shelf: Shelf): void {
  app.post<{ Body: { productId: number; quantity: number } }>('/sales', async ({ body: { productId, quantity } }) => {
    if (quantity < 1) throw new InvalidInputError([{ field: 'quantity', in: 'body', message: 'must be 1 or more' }]); // 400
    const outcome = await shelf.take(productId, quantity);
    if (outcome === 'unknown') throw new NotFoundError(`Product ${productId}`); // 404
    if (outcome === 'too few') throw new ConflictError(`Fewer than ${quantity} are on the shelf`); // 409
    if (outcome === 'away') throw new UnavailableError('The stock', 2000); // 503, Retry-After: 2
    return { sold: quantity };
  });
}
