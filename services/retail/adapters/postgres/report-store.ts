import type { Grouping, ReportQuery, ReportRow, ReportStore, SalesReport } from '../../domain/reports.ts';
import { iso, type Sql } from './sql.ts';

interface SumRow {
  readonly key: string | null;
  readonly label: string | null;
  readonly is_total: boolean;
  readonly sales: string | number;
  readonly pieces: string | number;
  readonly turnover: string | number;
  readonly as_of: Date;
}

const sumsOf = (row: SumRow): Omit<ReportRow, 'key' | 'label'> => ({
  sales: Number(row.sales),
  pieces: Number(row.pieces),
  turnoverPence: Number(row.turnover),
});

export const reportStore = (database: Sql): ReportStore => ({
  async salesReport({ from, to, by, storeId, limit }, call): Promise<SalesReport> {
    const rows = await database.rows<SumRow>(reportText(by, storeId), [from, to, limit, ...(storeId === undefined ? [] : [storeId])], call);
    const total = rows.find((row) => row.is_total);
    return {
      from,
      to,
      by,
      storeId: storeId ?? null,
      limit,
      rows: rows.filter((row) => !row.is_total).map((row) => ({ key: row.key ?? '', label: row.label ?? row.key ?? '', ...sumsOf(row) })),
      totals: total ? sumsOf(total) : { sales: 0, pieces: 0, turnoverPence: 0 },
      asOf: iso(rows[0]?.as_of ?? new Date(Number.NaN)),
    };
  },
});

const groupColumn: Readonly<Record<Grouping, string>> = {
  day: `to_char(t.created_at at time zone 'UTC', 'YYYY-MM-DD')`,
  category: 'p.category_id',
  product: 'l.product_id',
};

const labelOf: Readonly<Record<Grouping, string>> = {
  day: 'null::text',
  category: '(select name from retail.categories c where c.id = sums.key)',
  product: '(select name from retail.products p where p.id = sums.key)',
};

/** Groups and their total in one pass over the lines. Every sale has a first line: counting those counts sales, without sorting. */
export const reportText = (by: Grouping, storeId: ReportQuery['storeId']): string => `
with sums as (
  select ${groupColumn[by]} as key, grouping(${groupColumn[by]}) = 1 as is_total,
    ${by === 'day' ? 'count(*) filter (where l.line_no = 1)' : 'count(distinct t.id)'} as sales,
    sum(l.quantity)::bigint as pieces, sum(l.quantity::bigint * l.unit_price_pence)::bigint as turnover
  from retail.transactions t
  join retail.transaction_lines l on l.transaction_id = t.id
  ${by === 'category' ? 'join retail.products p on p.id = l.product_id' : ''}
  where t.created_at >= $1::date::timestamp at time zone 'UTC' and t.created_at < ($2::date + 1)::timestamp at time zone 'UTC'
  ${storeId === undefined ? '' : 'and t.store_id = $4'}
  group by grouping sets ((${groupColumn[by]}), ())
)
select key::text, ${labelOf[by]} as label, is_total, sales, coalesce(pieces, 0) as pieces, coalesce(turnover, 0) as turnover, now() as as_of
from sums
order by is_total desc, ${by === 'day' ? 'key' : 'turnover desc, key'}
limit $3::int + 1`;
