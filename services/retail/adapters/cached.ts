import { createHash } from 'node:crypto';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { type Cache, type Entity, ttlOf } from 'millrace/cache';
import type { Shelf } from '../domain/inventory.ts';
import type { LoyaltyMember } from '../domain/loyalty.ts';
import type { Store, User } from '../domain/people.ts';
import type { Cached, Call } from '../domain/ports.ts';
import type { Category, Product } from '../domain/products.ts';
import { checkRange, type ReportQuery, type ReportStore, type SalesReport } from '../domain/reports.ts';
import type { InventoryLevel } from '../domain/stock.ts';
import { loadCategories, loadMembers, loadUsers, storesText } from './postgres/directory-store.ts';
import { loadLevels } from './postgres/inventory-store.ts';
import { productLoader } from './postgres/product-store.ts';
import type { Sql } from './postgres/sql.ts';

type CacheDoor = Pick<Cache, 'entity' | 'getOrSet' | 'invalidate'>;

/**
 * What the service keeps, for how long, and what it may still show while the database is away (`staleIfError`, after the TTL):
 *
 * | key | fresh for | shown while the database is away |
 * |---|---|---|
 * | `product:{id}` | 1 h | 24 h more: names and prices on a screen; a sale reads them afresh |
 * | `category:{id}`, `lookup:categories`, `lookup:stores` | 2 h, 24 h | 24 h more |
 * | `inventory:{storeId}:{productId}` | 5 min | 10 min more: for people; a sale never trusts it |
 * | `user:{id}` | 30 min | no: an account that was closed must not go on |
 * | `loyalty:{customerId}` | 5 min | 10 min more |
 * | `query:{hash}` (sales report) | 15 min | 1 h more; its `asOf` tells the age |
 *
 * Each names the tables it is made of: a row changed by anybody, psql too, is the next answer. Where a mapping reads more than a table's key (a category of a
 * product, the customer of a membership), a change drops the whole kind. Reports are told by their time alone.
 *
 * Lists, searches, sales and movements are not cached: they are answered from the tables or with 503.
 */
export interface CachedReads {
  readonly product: Cached<number, Product>;
  readonly level: Cached<Shelf, InventoryLevel>;
  readonly category: Cached<number, Category>;
  readonly user: Cached<number, User>;
  readonly loyalty: Cached<number, LoyaltyMember>;
  stores(call?: Call): Promise<readonly Store[]>;
  categories(call?: Call): Promise<readonly Category[]>;
  /** Drops every category, whose counts a change of a product may have made wrong. */
  categoriesChanged(): Promise<void>;
  salesReport(query: ReportQuery, call?: Call): Promise<SalesReport>;
}

/** A database that is frozen rather than gone: so long is waited for it while there is something older to show. */
const softTimeout = '250ms';

export function cachedReads(cache: CacheDoor, orm: NodePgDatabase, database: Sql, reports: ReportStore): CachedReads {
  const product = cache.entity('product', productLoader(orm), {
    key: ({ id }) => id,
    ttl: ttlOf.product,
    staleIfError: '24h',
    softTimeout,
    tags: ({ categoryId }) => [`category:${categoryId}`],
    tables: { 'retail.products': ({ id }) => id },
  });
  const inventory = cache.entity('inventory', (ids: readonly (readonly [number, number])[], call) => loadLevels(database, ids, call), {
    key: ({ storeId, productId }) => [storeId, productId] as const,
    ttl: ttlOf.inventory,
    staleIfError: '10m',
    softTimeout,
    tables: { 'retail.inventory_levels': ({ store_id, product_id }: { store_id: number; product_id: number }) => [store_id, product_id] as const },
  });
  const category = cache.entity('category', (ids: readonly number[], call) => loadCategories(database, ids, call), {
    key: ({ id }) => id,
    ttl: ttlOf.category,
    staleIfError: '24h',
    softTimeout,
    tables: { 'retail.categories': ({ id }) => id, 'retail.products': (row) => row.category_id },
  });
  const user = cache.entity('user', (ids: readonly number[]) => loadUsers(orm, ids), {
    key: ({ id }) => id,
    ttl: ttlOf.user,
    tables: { 'retail.users': ({ id }) => id },
  });
  const loyalty = cache.entity('loyalty', (ids: readonly number[]) => loadMembers(orm, ids), {
    key: ({ customerId }) => customerId,
    ttl: '5m',
    staleIfError: '10m',
    softTimeout,
    tables: { 'retail.loyalty_members': (row) => row.customer_id, 'retail.customers': ({ id }) => id },
  });
  const lookup = cache.entity('lookup', (names: readonly Lookup['name'][], call) => Promise.all(names.map((name) => loadLookup(database, name, call))), {
    key: ({ name }) => name,
    ttl: ({ name }) => (name === 'stores' ? ttlOf.lookup : ttlOf.category),
    staleIfError: '24h',
    tables: { 'retail.stores': () => 'stores', 'retail.categories': () => 'categories', 'retail.products': () => 'categories' },
  });
  return {
    product: byId(product),
    level: {
      get: ({ storeId, productId }, call) => inventory.get([storeId, productId], call),
      invalidate: ({ storeId, productId }) => inventory.invalidate([storeId, productId]),
    },
    category: byId(category),
    user: byId(user),
    loyalty: byId(loyalty),
    stores: async (call) => (await lookup.get('stores', call))?.rows as readonly Store[],
    categories: async (call) => (await lookup.get('categories', call))?.rows as readonly Category[],
    async categoriesChanged() {
      await Promise.all([cache.invalidate({ pattern: 'category:*' }), lookup.invalidate('categories')]);
    },
    async salesReport(query, call) {
      checkRange(query);
      return cache.getOrSet(reportKey(query), (own) => reports.salesReport(query, own), { ttl: ttlOf.query, staleIfError: '1h' }, call);
    },
  };
}

/** A list that is kept whole. */
type Lookup = { readonly name: 'stores'; readonly rows: readonly Store[] } | { readonly name: 'categories'; readonly rows: readonly Category[] };

async function loadLookup(database: Sql, name: Lookup['name'], call: Call): Promise<Lookup> {
  if (name === 'stores') return { name, rows: await database.rows<Store>(storesText, [], call) };
  return { name, rows: await loadCategories(database, undefined, call) };
}

const byId = <Value>(entity: Entity<number, Value>): Cached<number, Value> => ({
  get: (id, call) => entity.get(id, call),
  invalidate: (id) => entity.invalidate(id),
});

const reportKey = ({ from, to, by, storeId, limit }: ReportQuery): string =>
  `query:${createHash('sha256')
    .update(JSON.stringify(['sales-report', from, to, by, storeId, limit]))
    .digest('hex')
    .slice(0, 32)}`;
