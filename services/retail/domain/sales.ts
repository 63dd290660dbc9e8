import { ConflictError, NotFoundError, WrongInputError } from './errors.ts';
import { pointsOf } from './loyalty.ts';
import type { Page, PageRequest } from './pages.ts';
import type { Call } from './ports.ts';

export interface SaleOrder {
  readonly storeId: number;
  readonly customerId?: number | undefined;
  readonly lines: readonly { readonly productId: number; readonly quantity: number }[];
}

export interface Sale {
  readonly id: number;
  readonly storeId: number;
  readonly customerId: number | null;
  readonly invoiceNo: string | null;
  readonly totalPence: number;
  readonly createdAt: string;
  readonly lines: readonly SoldLine[];
}

export interface SoldLine {
  readonly lineNo: number;
  readonly productId: number;
  readonly sku: string;
  readonly name: string;
  readonly quantity: number;
  readonly unitPricePence: number;
}

export type SaleHead = Omit<Sale, 'lines'> & { readonly pieces: number };

/** A line whose shelf holds less than was asked for. */
export interface Shortage {
  readonly productId: number;
  readonly asked: number;
  readonly available: number;
}

/** A sale with the prices of this moment. */
export interface PricedSale extends SaleOrder {
  readonly totalPence: number;
  readonly points: number;
  readonly lines: readonly { readonly productId: number; readonly quantity: number; readonly unitPricePence: number }[];
}

/** What one transaction offers to a sale. Whatever `record` and `take` did is undone when the work throws. */
export interface SaleWork {
  /** The prices of those products that are on sale. */
  prices(productIds: readonly number[]): Promise<ReadonlyMap<number, number>>;
  /** What the order names and is not there. */
  missing(order: SaleOrder): Promise<'store' | 'customer' | undefined>;
  /** Undefined where the key was used before, be it by a sale that committed while this one waited. */
  record(sale: PricedSale, key: string, hash: Uint8Array): Promise<number | undefined>;
  /** Takes the pieces off the shelves, or nothing where one is short. Locks shelves in the order of their product, so two sales never wait for each other. */
  take(sale: PricedSale, saleId: number): Promise<readonly Shortage[]>;
  /** Gives the customer points, where the customer is a member. */
  reward(customerId: number, points: number): Promise<void>;
}

export interface SaleStore {
  withinTransaction<Result>(work: (on: SaleWork) => Promise<Result>, call?: Call): Promise<Result>;
  byKey(key: string, call?: Call): Promise<{ readonly id: number; readonly hash: Uint8Array } | undefined>;
  find(id: number, call?: Call): Promise<Sale | undefined>;
  listByStore(
    storeId: number,
    range: { readonly from?: string | undefined; readonly to?: string | undefined },
    page: PageRequest,
    call?: Call,
  ): Promise<Page<SaleHead>>;
}

export interface SalesPorts {
  readonly store: SaleStore;
  /** A hash of an order's meaning: two spellings of one order have the same. */
  hashOf(order: SaleOrder): Uint8Array;
  /** Told after a sale, whatever its outcome, so that caches can drop what it touched. */
  sold(order: SaleOrder): Promise<unknown>;
}

export interface Sales {
  /**
   * Sells. The same key with the same order gives the same sale again (`isRepeat`), with another order `key-reused`; short stock is `out-of-stock`
   * with each short line. Stock never goes below zero, however many sell at once.
   */
  sell(order: SaleOrder, key: string, call?: Call): Promise<{ readonly sale: Sale; readonly isRepeat: boolean }>;
  getSale(id: number, call?: Call): Promise<Sale>;
  listSales(
    storeId: number,
    range: { readonly from?: string | undefined; readonly to?: string | undefined },
    page: PageRequest,
    call?: Call,
  ): Promise<Page<SaleHead>>;
}

export function sales({ store, hashOf, sold }: SalesPorts): Sales {
  const repeated = async (key: string, hash: Uint8Array, call?: Call): Promise<Sale | undefined> => {
    const earlier = await store.byKey(key, call);
    if (!earlier) return undefined;
    if (Buffer.compare(earlier.hash, hash) !== 0) throw new ConflictError('key-reused', 'This Idempotency-Key was used for another request');
    return store.find(earlier.id, call);
  };
  const fresh = (order: SaleOrder, key: string, hash: Uint8Array, call?: Call): Promise<number | undefined> =>
    store.withinTransaction(async (on) => {
      const absent = await on.missing(order);
      if (absent) throw new NotFoundError(absent, absent === 'store' ? order.storeId : (order.customerId as number));
      const sale = priced(order, await on.prices(order.lines.map(({ productId }) => productId)));
      const id = await on.record(sale, key, hash);
      if (id === undefined) return undefined;
      const shortages = await on.take(sale, id);
      if (shortages.length > 0) throw new ConflictError('out-of-stock', outOfStock(shortages), { shortages });
      if (sale.customerId !== undefined) await on.reward(sale.customerId, sale.points);
      return id;
    }, call);
  return {
    async sell(given, key, call) {
      const order = merged(given);
      const hash = hashOf(order);
      const earlier = await repeated(key, hash, call);
      if (earlier) return { sale: earlier, isRepeat: true };
      let id: number | undefined;
      try {
        id = await fresh(order, key, hash, call);
      } finally {
        await sold(order);
      }
      const sale = id === undefined ? await repeated(key, hash, call) : await store.find(id, call);
      if (!sale) throw new Error(`The sale with key ${key} vanished after it was recorded`);
      return { sale, isRepeat: id === undefined };
    },
    async getSale(id, call) {
      const sale = await store.find(id, call);
      if (!sale) throw new NotFoundError('sale', id);
      return sale;
    },
    listSales: (storeId, range, page, call) => store.listByStore(storeId, range, page, call),
  };
}

const mostPieces = 1_000_000;

/** One line for each product, in the order of the products: the same order however it was spelt. */
export function merged({ storeId, customerId, lines }: SaleOrder): SaleOrder {
  const pieces = new Map<number, number>();
  for (const { productId, quantity } of lines) pieces.set(productId, (pieces.get(productId) ?? 0) + quantity);
  const tooMany = [...pieces].find(([, quantity]) => quantity > mostPieces);
  if (tooMany)
    throw new WrongInputError([{ in: 'body', field: 'lines', message: `ask for ${tooMany[1]} pieces of product ${tooMany[0]}: ${mostPieces} at most` }]);
  const whole = [...pieces].sort(([a], [b]) => a - b).map(([productId, quantity]) => ({ productId, quantity }));
  return { storeId, customerId, lines: whole };
}

function priced(order: SaleOrder, prices: ReadonlyMap<number, number>): PricedSale {
  const lines = order.lines.map((line) => {
    const unitPricePence = prices.get(line.productId);
    if (unitPricePence === undefined) throw new NotFoundError('product', line.productId);
    return { ...line, unitPricePence };
  });
  const totalPence = lines.reduce((sum, { quantity, unitPricePence }) => sum + quantity * unitPricePence, 0);
  return { ...order, lines, totalPence, points: pointsOf(totalPence) };
}

const outOfStock = (shortages: readonly Shortage[]): string =>
  `Not enough on the shelf: ${shortages.map(({ productId, asked, available }) => `product ${productId} (asked ${asked}, there are ${available})`).join(', ')}`;
