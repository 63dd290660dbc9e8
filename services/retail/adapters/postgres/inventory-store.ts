import type { InventoryItem, InventoryStore, MovementOrder, StoreStock } from '../../domain/inventory.ts';
import { pageOf } from '../../domain/pages.ts';
import type { Call } from '../../domain/ports.ts';
import type { InventoryLevel, Movement, MovementKind } from '../../domain/stock.ts';
import { type Database, iso, type Sql } from './sql.ts';

interface LevelRow {
  readonly store_id: number;
  readonly product_id: number;
  readonly quantity: number;
  readonly updated_at: Date;
}

const levelOf = (row: LevelRow): InventoryLevel => ({
  storeId: row.store_id,
  productId: row.product_id,
  quantity: row.quantity,
  updatedAt: iso(row.updated_at),
});

/** Levels of many shelves (store, product) at once. */
export async function loadLevels(database: Sql, shelves: readonly (readonly [number, number])[], call?: Call): Promise<InventoryLevel[]> {
  const rows = await database.rows<LevelRow>(levelsText, [shelves.map(([storeId]) => storeId), shelves.map(([, productId]) => productId)], call);
  return rows.map(levelOf);
}

export const levelsText = `
select i.store_id, i.product_id, i.quantity, i.updated_at
from unnest($1::int[], $2::int[]) as wanted (store_id, product_id)
join retail.inventory_levels i on i.store_id = wanted.store_id and i.product_id = wanted.product_id`;

interface MovementRow {
  readonly id: string | number;
  readonly store_id: number;
  readonly product_id: number;
  readonly kind: MovementKind;
  readonly quantity: number;
  readonly transaction_id: string | number | null;
  readonly created_at: Date;
}

const movementOf = (row: MovementRow): Movement => ({
  id: Number(row.id),
  storeId: row.store_id,
  productId: row.product_id,
  kind: row.kind,
  quantity: row.quantity,
  transactionId: row.transaction_id === null ? null : Number(row.transaction_id),
  createdAt: iso(row.created_at),
});

const movementColumns = 'id, store_id, product_id, kind, quantity, transaction_id, created_at';

export function inventoryStore(database: Database): InventoryStore {
  return {
    async listByStore(storeId, { below }, { limit, after }, call) {
      const rows = await database.rows<LevelRow & { sku: string; name: string }>(listText, [storeId, below ?? null, after?.[0] ?? 0, limit + 1], call);
      const itemOf = (row: LevelRow & { sku: string; name: string }): InventoryItem => ({ ...levelOf(row), sku: row.sku, name: row.name });
      return pageOf(rows, limit, itemOf, (row) => [row.product_id]);
    },
    stockOf: (productId, call) => database.rows<StoreStock>(stockText, [productId], call),
    async movementsOf(productId, { limit, after }, call) {
      const [createdAt, id] = after ?? [null, null];
      const rows = await database.rows<MovementRow>(movementsText, [productId, createdAt, id, limit + 1], call);
      return pageOf(rows, limit, movementOf, (row) => [iso(row.created_at), Number(row.id)]);
    },
    move: (order, key, hash, call) => database.transaction((on) => move(on, order, key, hash), call),
    async restock(level, call) {
      const rows = await database.rows<{ store_id: number; product_id: number }>(restockText, [level], call);
      return rows.map((row) => ({ storeId: row.store_id, productId: row.product_id }));
    },
  };
}

/** The movement is written first: a second request with its key waits there, and then sees it. */
async function move(on: Sql, { storeId, productId, kind, quantity }: MovementOrder, key: string, hash: Uint8Array): ReturnType<InventoryStore['move']> {
  const [known] = await on.rows<{ known: boolean }>(shelfText, [storeId, productId]);
  if (!known?.known) return 'no such shelf';
  const [written] = await on.rows<MovementRow>(writeText, [storeId, productId, kind, quantity, key, Buffer.from(hash)]);
  if (!written) {
    const [earlier] = await on.rows<MovementRow & { request_hash: Buffer }>(
      `select ${movementColumns}, request_hash from retail.stock_movements where idempotency_key = $1`,
      [key],
    );
    if (!earlier || Buffer.compare(earlier.request_hash, hash) !== 0) return 'other request';
    return { movement: movementOf(earlier), isRepeat: true };
  }
  const moved = await on.rows(quantity > 0 ? addText : takeText, [storeId, productId, Math.abs(quantity)]);
  if (moved.length > 0) return { movement: movementOf(written), isRepeat: false };
  const [level] = await on.rows<{ quantity: number }>('select quantity from retail.inventory_levels where store_id = $1 and product_id = $2', [
    storeId,
    productId,
  ]);
  await on.rows('delete from retail.stock_movements where id = $1', [written.id]);
  return { available: level?.quantity ?? 0 };
}

const shelfText = `
select exists (select from retail.stores where id = $1) and exists (select from retail.products where id = $2 and discontinued_at is null) as known`;

const writeText = `
insert into retail.stock_movements (store_id, product_id, kind, quantity, idempotency_key, request_hash) values ($1, $2, $3, $4, $5, $6)
on conflict (idempotency_key) where idempotency_key is not null do nothing
returning ${movementColumns}`;

const addText = `
insert into retail.inventory_levels as i (store_id, product_id, quantity) values ($1, $2, $3)
on conflict (store_id, product_id) do update set quantity = i.quantity + excluded.quantity, updated_at = now()
returning quantity`;

const takeText = `
update retail.inventory_levels set quantity = quantity - $3, updated_at = now()
where store_id = $1 and product_id = $2 and quantity >= $3
returning quantity`;

export const listText = `
select i.store_id, i.product_id, i.quantity, i.updated_at, p.sku, p.name
from retail.inventory_levels i join retail.products p on p.id = i.product_id
where i.store_id = $1 and ($2::int is null or i.quantity < $2) and i.product_id > $3::int and p.discontinued_at is null
order by i.product_id
limit $4`;

/** One look into the index for each store, so that it needs no second index by product. */
export const stockText = `
select s.id as "storeId", s.name as "storeName", s.country, coalesce(i.quantity, 0) as quantity
from retail.stores s
left join lateral (select quantity from retail.inventory_levels i where i.store_id = s.id and i.product_id = $1) i on true
order by s.id`;

export const movementsText = `
select ${movementColumns}
from retail.stock_movements
where product_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2, $3::bigint))
order by created_at desc, id desc
limit $4`;

/** Shelves are locked in one order, as sales lock them; those a sale holds just now are left to the next round. */
const restockText = `
with low as materialized (
  select store_id, product_id, target_level - quantity as pieces
  from retail.inventory_levels
  where quantity < $1 and quantity < target_level
  order by store_id, product_id
  limit 1000
  for no key update skip locked
), filled as (
  update retail.inventory_levels i set quantity = i.quantity + low.pieces, updated_at = now()
  from low where i.store_id = low.store_id and i.product_id = low.product_id
), written as (
  insert into retail.stock_movements (store_id, product_id, kind, quantity) select store_id, product_id, 'delivery', pieces from low
)
select store_id, product_id from low`;
