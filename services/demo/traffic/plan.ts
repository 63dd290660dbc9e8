import type { Wanted } from './runner.ts';
import { zipf } from './zipf.ts';

/** What the traffic knows of the shop: asked of the API when it starts. */
export interface Shop {
  /** Most wanted first. */
  readonly products: readonly { readonly id: number; readonly name: string }[];
  readonly categories: readonly number[];
  readonly stores: readonly number[];
  readonly customers: readonly number[];
}

/** Shares of a hundred requests: reads of single products lead, five are writes, some are slow, some are wrong. */
export const shares = {
  product: 46,
  stock: 12,
  list: 12,
  search: 8,
  transactions: 6,
  movements: 4,
  loyalty: 3,
  report: 2,
  sale: 3,
  delivery: 1,
  price: 1,
  wrong: 2,
} as const;

/** The days of the imported sales: the ones worth a report. */
export const firstDay = '2010-12-01';
export const lastDay = '2010-12-02';

type Kind = keyof typeof shares;

/** Every kind as often as its share says, products by Zipf's law. `newKey` makes idempotency keys. */
export function trafficPlan(shop: Shop, chance: () => number, newKey: () => string): () => Wanted {
  const popular = zipf(shop.products.length, chance);
  const product = (): Shop['products'][number] => shop.products[popular()]!;
  const any = <Item>(items: readonly Item[]): Item => items[Math.floor(chance() * items.length)]!;
  const get = (path: string): Wanted => ({ method: 'GET', path: `/retail${path}` });
  const make: Record<Kind, () => Wanted> = {
    product: () => get(`/products/${product().id}`),
    stock: () => get(`/products/${product().id}/stock`),
    list: () => get(`/products?category=${any(shop.categories)}&limit=20`),
    search: () => get(`/products/search?q=${encodeURIComponent(wordOf(product().name, chance))}`),
    transactions: () => get(`/stores/${any(shop.stores)}/transactions?from=${firstDay}&to=${lastDay}`),
    movements: () => get(`/products/${product().id}/movements`),
    loyalty: () => get(`/customers/${any(shop.customers)}/loyalty`),
    report: () => get(`/reports/sales?from=${dayBefore(firstDay, chance)}&to=${lastDay}&by=${any(['day', 'category', 'product'])}`), // a range nobody asked for yet
    sale: () => ({ method: 'POST', path: '/retail/sales', headers: { 'idempotency-key': newKey() }, body: saleOf(any(shop.stores), product().id, chance) }),
    delivery: () => deliveryTo(any(shop.stores), product().id, chance, newKey()), // else the most wanted would be sold out within an hour
    price: () => ({ method: 'PATCH', path: `/retail/products/${product().id}`, body: { pricePence: 50 + Math.floor(chance() * 2000) } }),
    wrong: () => any(mistakes),
  };
  return () => make[kindAt(chance() * 100)]();
}

function kindAt(point: number): Kind {
  let upTo = 0;
  for (const [kind, share] of Object.entries(shares) as [Kind, number][]) {
    upTo += share;
    if (point < upTo) return kind;
  }
  return 'product';
}

const wordOf = (name: string, chance: () => number): string => {
  const words = name.split(/[^A-Za-z]+/).filter((word) => word.length > 3);
  return words[Math.floor(chance() * words.length)] ?? 'heart';
};

const saleOf = (storeId: number, productId: number, chance: () => number): object => ({
  storeId,
  lines: [{ productId, quantity: 1 + Math.floor(chance() * 3) }],
});

const deliveryTo = (storeId: number, productId: number, chance: () => number, key: string): Wanted => ({
  method: 'POST',
  path: `/retail/stores/${storeId}/inventory/${productId}/movements`,
  headers: { 'idempotency-key': key },
  body: { kind: 'delivery', quantity: 5 + Math.floor(chance() * 20) },
});

const dayMs = 86_400_000;
const dayBefore = (day: string, chance: () => number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) - Math.floor(chance() * 90) * dayMs).toISOString().slice(0, 10);

/** What visitors get wrong. */
const mistakes: readonly Wanted[] = [
  { method: 'GET', path: '/retail/products/2000000000' },
  { method: 'GET', path: '/retail/products/tea' },
  { method: 'GET', path: '/retail/products?limit=lots' },
  { method: 'GET', path: '/retail/products/search?q=' },
  { method: 'POST', path: '/retail/sales', body: { storeId: 'first', lines: [] } },
  { method: 'GET', path: '/retail/teapots' },
];
