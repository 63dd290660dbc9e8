import { ConflictError, NotFoundError } from './errors.ts';
import type { Page, PageRequest } from './pages.ts';
import type { Cached, Call } from './ports.ts';
import type { Product } from './products.ts';
import type { InventoryLevel, Movement } from './stock.ts';

/** A shelf: one product in one store. */
export interface Shelf {
  readonly storeId: number;
  readonly productId: number;
}

/** Goods that come (positive) or are written off (negative). */
export interface MovementOrder extends Shelf {
  readonly kind: 'delivery' | 'adjustment';
  readonly quantity: number;
}

export interface StoreStock {
  readonly storeId: number;
  readonly storeName: string;
  readonly country: string;
  /** 0 where the store never had it. */
  readonly quantity: number;
}

export interface ProductWithStock extends Product {
  readonly totalQuantity: number;
  readonly stores: readonly StoreStock[];
}

export interface InventoryItem extends InventoryLevel {
  readonly sku: string;
  readonly name: string;
}

export interface InventoryStore {
  listByStore(storeId: number, filter: { readonly below?: number | undefined }, page: PageRequest, call?: Call): Promise<Page<InventoryItem>>;
  stockOf(productId: number, call?: Call): Promise<readonly StoreStock[]>;
  movementsOf(productId: number, page: PageRequest, call?: Call): Promise<Page<Movement>>;
  /** Moves the level and writes the movement in one transaction. */
  move(
    order: MovementOrder,
    key: string,
    hash: Uint8Array,
    call?: Call,
  ): Promise<{ readonly movement: Movement; readonly isRepeat: boolean } | 'other request' | 'no such shelf' | { readonly available: number }>;
  /** Delivers up to the target level wherever a shelf is below `level`, a thousand shelves at most; the shelves it filled. */
  restock(level: number, call?: Call): Promise<readonly Shelf[]>;
}

export interface Inventory {
  getLevel(shelf: Shelf, call?: Call): Promise<InventoryLevel>;
  listLevels(storeId: number, filter: { readonly below?: number | undefined }, page: PageRequest, call?: Call): Promise<Page<InventoryItem>>;
  getProductWithStock(productId: number, call?: Call): Promise<ProductWithStock>;
  listMovements(productId: number, page: PageRequest, call?: Call): Promise<Page<Movement>>;
  moveStock(order: MovementOrder, key: string, call?: Call): Promise<{ readonly movement: Movement; readonly isRepeat: boolean }>;
  restock(level: number, call?: Call): Promise<number>;
}

export interface InventoryPorts {
  readonly store: InventoryStore;
  readonly levels: Cached<Shelf, InventoryLevel>;
  getProduct(id: number, call?: Call): Promise<Product>;
  storeExists(id: number, call?: Call): Promise<boolean>;
  hashOf(order: MovementOrder): Uint8Array;
}

export function inventory({ store, levels, getProduct, storeExists, hashOf }: InventoryPorts): Inventory {
  return {
    async getLevel(shelf, call) {
      const level = await levels.get(shelf, call);
      if (!level) throw new NotFoundError('shelf', `of product ${shelf.productId} in store ${shelf.storeId}`);
      return level;
    },
    async listLevels(storeId, filter, page, call) {
      if (!(await storeExists(storeId, call))) throw new NotFoundError('store', storeId);
      return store.listByStore(storeId, filter, page, call);
    },
    async getProductWithStock(productId, call) {
      const [product, stores] = await Promise.all([getProduct(productId, call), store.stockOf(productId, call)]);
      return { ...product, totalQuantity: stores.reduce((sum, { quantity }) => sum + quantity, 0), stores };
    },
    async listMovements(productId, page, call) {
      const found = await store.movementsOf(productId, page, call);
      if (found.items.length === 0 && page.after === undefined) await getProduct(productId, call);
      return found;
    },
    async moveStock(order, key, call) {
      try {
        const moved = await store.move(order, key, hashOf(order), call);
        if (moved === 'other request') throw new ConflictError('key-reused', 'This Idempotency-Key was used for another request');
        if (moved === 'no such shelf') throw new NotFoundError('store or product', `${order.storeId}, ${order.productId}`);
        if ('available' in moved) {
          const message = `The shelf holds ${moved.available}; ${-order.quantity} cannot be taken off`;
          throw new ConflictError('out-of-stock', message, { available: moved.available });
        }
        return moved;
      } finally {
        await levels.invalidate(order);
      }
    },
    async restock(level, call) {
      const filled = await store.restock(level, call);
      await Promise.all(filled.map((shelf) => levels.invalidate(shelf)));
      return filled.length;
    },
  };
}
