import { WrongInputError } from './errors.ts';
import type { Call } from './ports.ts';

export const groupings = ['day', 'category', 'product'] as const;
export type Grouping = (typeof groupings)[number];

/** Sales from the morning of `from` to the evening of `to`, both UTC days. */
export interface ReportQuery {
  readonly from: string;
  readonly to: string;
  readonly by: Grouping;
  /** Undefined = all stores. */
  readonly storeId?: number | undefined;
  /** Rows, the largest turnover first (days: the first in time). */
  readonly limit: number;
}

export interface ReportRow {
  /** The day (`2010-12-01`), or the id of the category or product. */
  readonly key: string;
  readonly label: string;
  readonly sales: number;
  readonly pieces: number;
  readonly turnoverPence: number;
}

export interface SalesReport extends Omit<ReportQuery, 'storeId'> {
  readonly storeId: number | null;
  readonly rows: readonly ReportRow[];
  readonly totals: { readonly sales: number; readonly pieces: number; readonly turnoverPence: number };
  /** When it was read from the tables: a report may be 15 minutes old. */
  readonly asOf: string;
}

export const longestRangeDays = 366;

/** Throws where the range is empty or longer than a year. */
export function checkRange({ from, to }: Pick<ReportQuery, 'from' | 'to'>): void {
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
  if (days < 1) throw new WrongInputError([{ in: 'query', field: 'to', message: `is before from (${from})` }]);
  if (days > longestRangeDays) throw new WrongInputError([{ in: 'query', field: 'to', message: `makes a range of ${days} days, ${longestRangeDays} at most` }]);
}

export interface ReportStore {
  salesReport(query: ReportQuery, call?: Call): Promise<SalesReport>;
}
