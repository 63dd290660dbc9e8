import { and, asc, count, desc, eq, gte, isNull, lte, type SQL, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { pageOf } from '../../domain/pages.ts';
import type { FoundProduct, Product, ProductField, ProductFilters, ProductStore } from '../../domain/products.ts';
import { productFields } from '../../domain/products.ts';
import { foreignKeyViolation, iso, type Sql, sqlStateOf, uniqueViolation } from './sql.ts';
import { products } from './tables.ts';

type Row = typeof products.$inferSelect;
const onSale = isNull(products.discontinuedAt);

/** A row as the domain knows it. */
export const productOf = ({ discontinuedAt: _, createdAt, updatedAt, ...row }: Row): Product => ({
  ...row,
  createdAt: iso(createdAt),
  updatedAt: iso(updatedAt),
});

/** Loads products on sale by their ids with one prepared statement, whatever their number. Those that are not there are left out. */
export function productLoader(orm: NodePgDatabase): (ids: readonly number[]) => Promise<Product[]> {
  const byIds = orm
    .select()
    .from(products)
    .where(and(sql`${products.id} = any(${sql.placeholder('ids')}::int[])`, onSale))
    .prepare('retail_products_by_ids');
  return async (ids) => (await byIds.execute({ ids })).map(productOf);
}

/** Products with Drizzle; search, which is PostgreSQL's own, in SQL. */
export function productStore(orm: NodePgDatabase, database: Sql): ProductStore {
  return {
    async list(filters, { limit, after, page }) {
      const shown = filters.fields ?? productFields;
      const wanted = where(filters);
      const { column, direction } = sortOf(filters);
      const order = direction === 'down' ? [desc(column), desc(products.id)] : [asc(column), asc(products.id)];
      const columns = { ...Object.fromEntries(shown.map((field) => [field, products[field]])), id: products.id, sortedBy: column };
      const query = orm
        .select(columns)
        .from(products)
        .orderBy(...order);
      if (page !== undefined) {
        const [rows, totals] = await Promise.all([
          query
            .where(wanted)
            .limit(limit)
            .offset((page - 1) * limit),
          orm.select({ total: count() }).from(products).where(wanted),
        ]);
        return { items: rows.map((row) => itemOf(row, shown)), total: totals[0]?.total ?? 0 };
      }
      const rows = await query.where(and(wanted, after && beyond(column, direction, after))).limit(limit + 1);
      return pageOf(
        rows,
        limit,
        (row) => itemOf(row, shown),
        (row) => [row.sortedBy as string | number, row.id as number],
      );
    },
    async search(words, { limit, after }, call) {
      const [rank, id] = after ?? [null, null];
      const rows = await database.rows<SearchRow>(searchText, [words, rank, id, limit + 1], call);
      return pageOf(rows, limit, foundOf, (row) => [row.rank, row.id]);
    },
    insert: (draft) =>
      refused(async () => {
        const [row] = await orm.insert(products).values(draft).onConflictDoNothing({ target: products.sku, where: onSale }).returning();
        return row ? productOf(row) : 'sku taken';
      }),
    update: (id, { sku, name, categoryId, pricePence }, version) =>
      refused(async () => {
        const [row] = await orm
          .update(products)
          .set({ ...given({ sku, name, categoryId, pricePence }), version: sql`${products.version} + 1`, updatedAt: sql`now()` })
          .where(thisOne(id, version))
          .returning();
        return row && productOf(row);
      }),
    async discontinue(id, version) {
      const found = await orm
        .update(products)
        .set({ discontinuedAt: sql`now()`, version: sql`${products.version} + 1`, updatedAt: sql`now()` })
        .where(thisOne(id, version))
        .returning({ id: products.id });
      return found.length > 0;
    },
    async versionOf(id) {
      const [row] = await orm
        .select({ version: products.version })
        .from(products)
        .where(and(eq(products.id, id), onSale));
      return row?.version;
    },
  };
}

const thisOne = (id: number, version: number | undefined): SQL | undefined =>
  and(eq(products.id, id), onSale, version === undefined ? undefined : eq(products.version, version));

const where = ({ categoryId, minPricePence, maxPricePence }: ProductFilters): SQL | undefined =>
  and(
    onSale,
    categoryId === undefined ? undefined : eq(products.categoryId, categoryId),
    minPricePence === undefined ? undefined : gte(products.pricePence, minPricePence),
    maxPricePence === undefined ? undefined : lte(products.pricePence, maxPricePence),
  );

function sortOf({ sort }: ProductFilters) {
  const name = (sort.startsWith('-') ? sort.slice(1) : sort) as 'id' | 'name' | 'pricePence';
  return { column: products[name], direction: sort.startsWith('-') ? ('down' as const) : ('up' as const) };
}

function beyond(column: ReturnType<typeof sortOf>['column'], direction: 'up' | 'down', after: readonly (string | number)[]): SQL {
  const [value, id] = after;
  return direction === 'down' ? sql`(${column}, ${products.id}) < (${value}, ${id})` : sql`(${column}, ${products.id}) > (${value}, ${id})`;
}

const itemOf = (row: Readonly<Record<string, unknown>>, shown: readonly ProductField[]): Partial<Product> =>
  Object.fromEntries(shown.map((field) => [field, row[field] instanceof Date ? iso(row[field]) : row[field]]));

const given = <Value extends object>(value: Value) =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as { [Key in keyof Value]: Exclude<Value[Key], undefined> };

async function refused<Result>(write: () => Promise<Result>): Promise<Result | 'sku taken' | 'no such category'> {
  try {
    return await write();
  } catch (error) {
    const state = sqlStateOf(error);
    if (state === uniqueViolation) return 'sku taken';
    if (state === foreignKeyViolation) return 'no such category';
    throw error;
  }
}

interface SearchRow {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  readonly category_id: number;
  readonly price_pence: number;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly rank: number;
}

const foundOf = (row: SearchRow): FoundProduct => ({
  id: row.id,
  sku: row.sku,
  name: row.name,
  categoryId: row.category_id,
  pricePence: row.price_pence,
  version: row.version,
  createdAt: iso(row.created_at),
  updatedAt: iso(row.updated_at),
  rank: row.rank,
});

/** The rank is cut to six digits, so that it comes back from a cursor as it went out. */
export const searchText = `
select id, sku, name, category_id, price_pence, version, created_at, updated_at, rank
from (
  select *, round(ts_rank(to_tsvector('english', name), query)::numeric, 6)::float8 as rank
  from retail.products, websearch_to_tsquery('english', $1) as query
  where to_tsvector('english', name) @@ query and discontinued_at is null
) as found
where $2::float8 is null or rank < $2 or (rank = $2 and id > $3::int)
order by rank desc, id
limit $4`;
