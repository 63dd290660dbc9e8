import { tierFrom } from '../../domain/loyalty.ts';
import { pageOf } from '../../domain/pages.ts';
import type { Sale, SaleHead, SaleStore, SaleWork, Shortage, SoldLine } from '../../domain/sales.ts';
import { type Database, iso, type Sql } from './sql.ts';

interface HeadRow {
  readonly id: string | number;
  readonly store_id: number;
  readonly customer_id: number | null;
  readonly invoice_no: string | null;
  readonly total_pence: string | number;
  readonly created_at: Date;
}

const headOf = (row: HeadRow) => ({
  id: Number(row.id),
  storeId: row.store_id,
  customerId: row.customer_id,
  invoiceNo: row.invoice_no,
  totalPence: Number(row.total_pence),
  createdAt: iso(row.created_at),
});

export function saleStore(database: Database): SaleStore {
  return {
    withinTransaction: (work, call) => database.transaction((on) => work(saleWork(on)), call),
    async byKey(key, call) {
      const [row] = await database.rows<{ id: string | number; request_hash: Buffer }>(
        'select id, request_hash from retail.transactions where idempotency_key = $1',
        [key],
        call,
      );
      return row && { id: Number(row.id), hash: row.request_hash };
    },
    async find(id, call): Promise<Sale | undefined> {
      const [heads, lines] = await Promise.all([
        database.rows<HeadRow>('select id, store_id, customer_id, invoice_no, total_pence, created_at from retail.transactions where id = $1', [id], call),
        database.rows<SoldLine>(linesText, [id], call),
      ]);
      return heads[0] && { ...headOf(heads[0]), lines };
    },
    async listByStore(storeId, { from, to }, { limit, after }, call) {
      const [createdAt, id] = after ?? [null, null];
      const rows = await database.rows<HeadRow & { pieces: string | number }>(listText, [storeId, from ?? null, to ?? null, createdAt, id, limit + 1], call);
      const itemOf = (row: HeadRow & { pieces: string | number }): SaleHead => ({ ...headOf(row), pieces: Number(row.pieces) });
      return pageOf(rows, limit, itemOf, (row) => [iso(row.created_at), Number(row.id)]);
    },
  };
}

const linesText = `
select l.line_no as "lineNo", l.product_id as "productId", p.sku, p.name, l.quantity, l.unit_price_pence as "unitPricePence"
from retail.transaction_lines l join retail.products p on p.id = l.product_id
where l.transaction_id = $1
order by l.line_no`;

/** The range is in the form of two comparisons with bounds that are always there, so that the index on store and date serves it. */
export const listText = `
select t.id, t.store_id, t.customer_id, t.invoice_no, t.total_pence, t.created_at,
  (select coalesce(sum(l.quantity), 0) from retail.transaction_lines l where l.transaction_id = t.id) as pieces
from retail.transactions t
where t.store_id = $1
  and t.created_at >= coalesce($2::date::timestamp at time zone 'UTC', '-infinity')
  and t.created_at < coalesce(($3::date + 1)::timestamp at time zone 'UTC', 'infinity')
  and (t.created_at, t.id) < (coalesce($4::timestamptz, 'infinity'), coalesce($5::bigint, 0))
order by t.created_at desc, t.id desc
limit $6`;

function saleWork(on: Sql): SaleWork {
  return {
    async missing({ storeId, customerId }) {
      const [found] = await on.rows<{ store: boolean; customer: boolean }>(knownText, [storeId, customerId ?? null]);
      if (!found?.store) return 'store';
      return found.customer ? undefined : 'customer';
    },
    async prices(productIds) {
      const rows = await on.rows<{ id: number; price_pence: number }>(
        'select id, price_pence from retail.products where id = any($1::int[]) and discontinued_at is null',
        [productIds],
      );
      return new Map(rows.map((row) => [row.id, row.price_pence]));
    },
    async record({ storeId, customerId, totalPence }, key, hash) {
      const [row] = await on.rows<{ id: string | number }>(recordText, [storeId, customerId ?? null, key, Buffer.from(hash), totalPence]);
      return row && Number(row.id);
    },
    async take({ storeId, lines }, saleId) {
      const ids = lines.map(({ productId }) => productId);
      const pieces = lines.map(({ quantity }) => quantity);
      const shortages = await on.rows<Shortage>(lockText, [storeId, ids, pieces]);
      if (shortages.length > 0) return shortages;
      await on.rows(takeText, [storeId, ids, pieces, lines.map(({ unitPricePence }) => unitPricePence), saleId]);
      return [];
    },
    async reward(customerId, points) {
      await on.rows(rewardText, [customerId, points, tierFrom.silver, tierFrom.gold]);
    },
  };
}

const knownText = `
select exists (select from retail.stores where id = $1) as store, $2::int is null or exists (select from retail.customers where id = $2) as customer`;

const recordText = `
insert into retail.transactions (store_id, user_id, customer_id, idempotency_key, request_hash, total_pence)
values ($1, (select id from retail.users where store_id = $1 and role = 'till' order by id limit 1), $2, $3, $4, $5)
on conflict (idempotency_key) where idempotency_key is not null do nothing
returning id`;

/** Locks the shelves in the order of their products and names those that hold too little. */
const lockText = `
with wanted as (
  select * from unnest($2::int[], $3::int[]) as wanted (product_id, quantity)
), locked as materialized (
  select i.product_id, i.quantity
  from retail.inventory_levels i
  where i.store_id = $1 and i.product_id = any($2::int[])
  order by i.product_id
  for no key update
)
select wanted.product_id as "productId", wanted.quantity as asked, coalesce(locked.quantity, 0) as available
from wanted left join locked using (product_id)
where coalesce(locked.quantity, 0) < wanted.quantity
order by wanted.product_id`;

const takeText = `
with wanted as (
  select * from unnest($2::int[], $3::int[], $4::int[]) with ordinality as wanted (product_id, quantity, price, line_no)
), taken as (
  update retail.inventory_levels i set quantity = i.quantity - wanted.quantity, updated_at = now()
  from wanted where i.store_id = $1 and i.product_id = wanted.product_id
), lines as (
  insert into retail.transaction_lines (transaction_id, line_no, product_id, quantity, unit_price_pence)
  select $5::bigint, line_no, product_id, quantity, price from wanted
)
insert into retail.stock_movements (store_id, product_id, kind, quantity, transaction_id)
select $1, product_id, 'sale', -quantity, $5::bigint from wanted`;

const rewardText = `
update retail.loyalty_members
set points = points + $2::int,
  tier = case when points + $2::int >= $4::int then 'gold' when points + $2::int >= $3::int then 'silver' else 'bronze' end,
  updated_at = now()
where customer_id = $1`;
