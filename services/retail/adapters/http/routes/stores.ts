import { z } from 'zod';
import type { Inventory } from '../../../domain/inventory.ts';
import type { Directory } from '../../../domain/people.ts';
import type { Sales } from '../../../domain/sales.ts';
import type { Cursors } from '../cursor.ts';
import { pagingOf } from '../paging.ts';
import { type Route, route } from '../route.ts';
import * as schemas from '../schemas.ts';

const byStore = z.strictObject({ storeId: schemas.idOf('store') });
const byShelf = z.strictObject({ storeId: schemas.idOf('store'), productId: schemas.idOf('product') });

export function storeRoutes(directory: Directory, inventory: Inventory, sales: Sales, cursors: Cursors): Route[] {
  return [
    route({
      method: 'GET',
      path: '/retail/stores',
      id: 'listStores',
      summary: 'All stores',
      answers: { status: 200, description: 'The stores', schema: schemas.storeList },
      handle: async (_, call) => ({ body: { items: await directory.listStores(call) } }),
    }),
    route({
      method: 'GET',
      path: '/retail/stores/{storeId}/inventory',
      id: 'listInventory',
      summary: 'What is on the shelves of one store',
      params: byStore,
      query: schemas.inventoryQuery,
      answers: { status: 200, description: 'A page', schema: schemas.levelPage },
      async handle({ params: { storeId }, query }, call) {
        const { below } = query;
        const paging = pagingOf(cursors, 'inventory', { storeId, below });
        return { body: paging.answer(query, await inventory.listLevels(storeId, { below }, paging.request(query), call)) };
      },
    }),
    route({
      method: 'GET',
      path: '/retail/stores/{storeId}/inventory/{productId}',
      id: 'getInventoryLevel',
      summary: 'How many of one product are on the shelf of one store',
      params: byShelf,
      answers: { status: 200, description: 'The level', schema: schemas.level },
      handle: async ({ params }, call) => ({ body: await inventory.getLevel(params, call) }),
    }),
    route({
      method: 'POST',
      path: '/retail/stores/{storeId}/inventory/{productId}/movements',
      id: 'moveStock',
      summary: 'Goods come in, or a count is corrected',
      params: byShelf,
      headers: schemas.idempotencyKey,
      body: schemas.movementOrder,
      refuses: [409],
      answers: { status: 201, description: 'The movement; the same key gives the same again', schema: schemas.movement },
      async handle({ params, body, headers }, call) {
        const { movement, isRepeat } = await inventory.moveStock({ ...params, ...body }, headers['idempotency-key'], call);
        return { body: movement, headers: isRepeat ? { 'idempotent-replayed': 'true' } : {} };
      },
    }),
    route({
      method: 'GET',
      path: '/retail/stores/{storeId}/transactions',
      id: 'listStoreTransactions',
      summary: 'The sales of one store in a range of days, the newest first',
      params: byStore,
      query: schemas.transactionQuery,
      answers: { status: 200, description: 'A page', schema: schemas.salePage },
      async handle({ params: { storeId }, query }, call) {
        await directory.getStore(storeId, call);
        const { from, to } = query;
        const paging = pagingOf(cursors, 'transactions', { storeId, from, to });
        return { body: paging.answer(query, await sales.listSales(storeId, { from, to }, paging.request(query), call)) };
      },
    }),
  ];
}
