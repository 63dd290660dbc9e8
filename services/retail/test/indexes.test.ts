import { afterAll, beforeAll, expect, it } from 'vitest';
import { userByEmailText } from '../adapters/postgres/directory-store.ts';
import { levelsText, movementsText, stockText } from '../adapters/postgres/inventory-store.ts';
import { searchText } from '../adapters/postgres/product-store.ts';
import { listText } from '../adapters/postgres/sale-store.ts';
import { amplify } from '../main.ts';
import { startWorld, type World } from './world.ts';

let world: World;
const lines = 150_000;

// One connection, so that what one session did can be asked of PostgreSQL at once.
beforeAll(async () => {
  world = await startWorld({ maxConnections: 1 });
  await amplify(world.millrace.database, { lines });
  for (const text of [
    `insert into retail.products (sku, name, category_id, price_pence)
     select 'GROWN-' || n, 'GROWN ' || md5(n::text), 1 + n % 14, 1 + n % 5000 from generate_series(1, 30000) n`,
    `insert into retail.customers (id, country) select 1000000 + n, 'France' from generate_series(1, 30000) n`,
    'insert into retail.loyalty_members (customer_id) select id from retail.customers where id > 1000000',
    `insert into retail.users (store_id, email, name) select 1 + n % 18, 'Clerk.' || n || '@Shop.example', 'Clerk' from generate_series(1, 30000) n`,
    'analyze',
  ]) {
    await world.millrace.executeQuery(text);
  }
});
afterAll(() => world.stop());

interface Plan {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Plan[];
}

async function planOf(text: string, values: readonly unknown[]): Promise<Plan> {
  const [row] = await world.millrace.executeQuery<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (analyze, buffers, format json) ${text}`, values);
  return (row as { 'QUERY PLAN': [{ Plan: Plan }] })['QUERY PLAN'][0].Plan;
}
const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];
const indexesIn = (plan: Plan): (string | undefined)[] => nodes(plan).map((node) => node['Index Name']);
const scannedWhole = (plan: Plan): (string | undefined)[] =>
  nodes(plan)
    .filter((node) => node['Node Type'] === 'Seq Scan')
    .map((node) => node['Relation Name']);
const blocks = (plan: Plan): number => plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];

it('D10 the six named indexes are there, on the columns and in the form of the table of names', async () => {
  const found = await world.millrace.executeQuery<{ indexname: string; indexdef: string }>(
    `select indexname, indexdef from pg_indexes where schemaname = 'retail' and indexname = any($1)`,
    [
      [
        'idx_products_category',
        'idx_inventory_store_product',
        'idx_transactions_store_date',
        'idx_loyalty_customer',
        'idx_users_email',
        'idx_movements_product_date',
      ],
    ],
  );
  const forms = found.map(({ indexdef }) => indexdef.replace(/^CREATE (UNIQUE )?INDEX (\w+) ON retail\./, '$1$2 ')).sort();
  expect(forms).toEqual([
    'UNIQUE idx_inventory_store_product inventory_levels USING btree (store_id, product_id)',
    'UNIQUE idx_loyalty_customer loyalty_members USING btree (customer_id)',
    'UNIQUE idx_users_email users USING btree (lower(email))',
    'idx_movements_product_date stock_movements USING btree (product_id, created_at DESC)',
    'idx_products_category products USING btree (category_id)',
    'idx_transactions_store_date transactions USING btree (store_id, created_at DESC)',
  ]);
});

it.each<[index: string, ask: (on: World) => Promise<unknown>]>([
  ['idx_products_category', ({ retail }) => retail.listProducts({ categoryId: 5, sort: 'name' }, { limit: 20 })],
  ['idx_inventory_store_product', ({ retail }) => retail.getLevel({ storeId: 5, productId: 500 })],
  ['idx_transactions_store_date', ({ retail }) => retail.listSales(13, { from: '2010-11-01', to: '2010-11-30' }, { limit: 20 })],
  ['idx_loyalty_customer', ({ retail }) => retail.getLoyalty(1_012_345)],
  ['idx_users_email', ({ retail }) => retail.findUser('clerk.777@SHOP.example')],
  ['idx_movements_product_date', ({ retail }) => retail.listMovements(700, { limit: 20 })],
  ['idx_products_search', ({ retail }) => retail.searchProducts('candle holder', { limit: 20 })],
])('D10 %s serves the call it is for', async (index, ask) => {
  const scans = async (): Promise<number> => {
    await world.millrace.executeQuery('select pg_stat_force_next_flush()');
    const [row] = await world.millrace.executeQuery<{ idx_scan: string }>('select idx_scan from pg_stat_user_indexes where indexrelname = $1', [index]);
    return Number(row?.idx_scan);
  };
  const before = await scans();
  await ask(world);
  expect(await scans()).toBeGreaterThan(before);
});

it.each<[what: string, index: string, text: string, values: readonly unknown[]]>([
  [
    'levels of shelves',
    'idx_inventory_store_product',
    levelsText,
    [
      [1, 2, 3],
      [7, 8, 9],
    ],
  ],
  ['a product with its stock in every store', 'idx_inventory_store_product', stockText, [700]],
  ['the sales of a store by date', 'idx_transactions_store_date', listText, [13, '2010-11-01', '2010-11-30', null, null, 21]],
  ['the movements of a product', 'idx_movements_product_date', movementsText, [700, null, null, 21]],
  ['an account by its address', 'idx_users_email', userByEmailText, ['CLERK.99@shop.example']],
  ['the search', 'idx_products_search', searchText, ['candle holder', null, null, 21]],
])('D10 the plan of %s uses %s and reads no large table whole', async (_, index, text, values) => {
  const plan = await planOf(text, values);
  expect(indexesIn(plan)).toContain(index);
  expect(scannedWhole(plan).filter((table) => table !== 'stores')).toEqual([]);
});

it('D11 the last pages of a long list cost what the first costs', async () => {
  const [busiest] = await world.millrace.executeQuery<{ store_id: number; sales: number }>(
    'select store_id, count(*)::int as sales from retail.transactions group by 1 order by 2 desc limit 1',
  );
  const { store_id: store, sales } = busiest ?? { store_id: 0, sales: 0 };
  expect(sales).toBeGreaterThan(500);
  const of = (after: { created_at: Date; id: string } | undefined) => planOf(listText, [store, null, null, after?.created_at ?? null, after?.id ?? null, 21]);
  const [deep] = await world.millrace.executeQuery<{ created_at: Date; id: string }>(
    'select created_at, id from retail.transactions where store_id = $1 order by created_at desc, id desc offset $2 limit 1',
    [store, sales - 50],
  );
  expect(deep).toBeDefined();
  const [first, last] = [await of(undefined), await of(deep)];
  expect([first['Actual Rows'], last['Actual Rows']]).toEqual([21, 21]);
  expect(blocks(last)).toBeLessThan(blocks(first) * 1.5);
  expect(scannedWhole(last)).toEqual([]);
});

it('R1 amplified sales keep the shape of the real ones: totals are those of the lines, stock is the sum of its movements', async () => {
  const [row] = await world.millrace.executeQuery<{ lines: number; days: number }>(
    'select (select count(*)::int from retail.transaction_lines) as lines, (select count(distinct created_at::date)::int from retail.transactions) as days',
  );
  const copies = Math.ceil((lines - 4688) / 4688);
  expect(row).toEqual({ lines: 4688 * (copies + 1), days: 2 * (copies + 1) });
  expect(
    await world.millrace.executeQuery(`
      select t.id from retail.transactions t left join retail.transaction_lines l on l.transaction_id = t.id
      group by t.id having t.total_pence is distinct from sum(l.quantity::bigint * l.unit_price_pence)`),
  ).toEqual([]);
  expect(
    await world.millrace.executeQuery(`
      select store_id, product_id from retail.inventory_levels i
      full join (select store_id, product_id, sum(quantity) as moved from retail.stock_movements group by 1, 2) m using (store_id, product_id)
      where m.moved is distinct from i.quantity`),
  ).toEqual([]);
  const [keys] = await world.millrace.executeQuery<{ count: number }>(
    `select count(*)::int from pg_constraint where contype = 'f' and convalidated and connamespace = 'retail'::regnamespace`,
  );
  expect(keys?.count).toBe(13);
  expect(await amplify(world.millrace.database, { lines })).toMatchObject({ copies: 0, lines: row?.lines });
});
