/**
 * Many rows in few statements: `insert … select … from unnest($1::text[], $2::text[], …)`, one array per column, a chunk at a time. The text of the
 * statement is the same for every chunk, whatever its length, and its parameters are as many as the columns; each column is cast to its own
 * type by the server (an explicit cast from text takes any type's own notation), so arrays, json and ranges work like numbers.
 *
 * Table and column names come from the catalogue, found by what the caller wrote, and are quoted by one function.
 */
import { type CallOptions, integer, oneOf, resolveOptions } from '../../kernel/index.ts';
import type { Answer, Statement } from '../driver/index.ts';
import { arrayText, type Row } from './array-text.ts';
import { BatchError } from './errors.ts';
import { quoteName } from './quote.ts';

export type RowSource = Iterable<Row> | AsyncIterable<Row>;

export interface InsertManyOptions extends CallOptions {
  /** Columns to write. @default those of the first row */
  readonly columns?: readonly string[] | undefined;
  /** `skip` leaves out rows that a unique constraint refuses; `fail` refuses the chunk. @default 'fail' */
  readonly conflict?: 'fail' | 'skip' | undefined;
  /** Rows per statement, 1 to 50,000; a chunk also ends at 4 MiB of values. @default 5000 */
  readonly chunkRows?: number | undefined;
}

export interface InsertManyResult {
  /** Rows read from the source. */
  readonly read: number;
  /** Rows written; fewer than read where `conflict` is `skip`. */
  readonly written: number;
  readonly chunks: number;
}

/** Where the statements go. */
export interface BatchTarget {
  run(statement: Statement): Promise<Answer>;
  textOf(value: unknown): string | null;
}

interface Column {
  readonly name: string;
  /** As `format_type` writes it: safe to put into a statement. */
  readonly type: string;
}

const mostChunkBytes = 4 * 1024 * 1024;
const rules = { conflict: oneOf(['fail', 'skip'], 'fail'), chunkRows: integer(1, 50_000, 5000) };

const columnsText = `select a.attname as "name", format_type(a.atttypid, a.atttypmod) as "type", quote_ident(n.nspname) || '.' || quote_ident(c.relname) as "table"
from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped`;

/**
 * Writes `rows` into `table` (`'products'` or `'retail.products'`). Outside a transaction every chunk commits by itself.
 * @throws MILLRACE_BATCH where table or column do not exist; MILLRACE_QUERY as the server says
 */
export async function insertMany(target: BatchTarget, table: string, rows: RowSource, options: InsertManyOptions = {}): Promise<InsertManyResult> {
  const { conflict, chunkRows } = resolveOptions('insertMany', { conflict: options.conflict, chunkRows: options.chunkRows }, rules);
  let plan: Plan | undefined;
  let read = 0;
  let written = 0;
  let chunks = 0;
  for await (const chunk of chunksOf(rows, chunkRows, target)) {
    plan ??= await planFor(target, table, options.columns ?? Object.keys(chunk.first), conflict);
    const values = plan.columns.map(({ name }) => arrayText(chunk.rows, name, (value) => target.textOf(value)));
    written += (await target.run({ text: plan.text, values })).rowCount ?? 0;
    read += chunk.rows.length;
    chunks++;
  }
  return { read, written, chunks };
}

interface Plan {
  readonly text: string;
  readonly columns: readonly Column[];
}

async function planFor(target: BatchTarget, table: string, names: readonly string[], conflict: 'fail' | 'skip'): Promise<Plan> {
  const found = (await target.run({ text: columnsText, values: [table.split('.').map(quoteName).join('.')] })).rows as (Column & { readonly table: string })[];
  const tableName = found[0]?.table;
  if (tableName === undefined) throw new BatchError(`there is no table ${table}`);
  if (names.length === 0) throw new BatchError(`no column of ${table} to write`);
  const columns = names.map((name) => {
    const column = found.find((one) => one.name === name);
    if (!column) throw new BatchError(`${table} has no column ${name}; it has ${found.map((one) => one.name).join(', ')}`);
    return column;
  });
  const list = columns.map(({ name }) => quoteName(name)).join(', ');
  const casts = columns.map(({ type }, index) => `u.c${index}::${type}`).join(', ');
  const arrays = columns.map((_, index) => `$${index + 1}::text[]`).join(', ');
  const aliases = columns.map((_, index) => `c${index}`).join(', ');
  const text = `insert into ${tableName} (${list}) select ${casts} from unnest(${arrays}) as u(${aliases})${conflict === 'skip' ? ' on conflict do nothing' : ''}`;
  return { text, columns };
}

interface Chunk {
  readonly first: Row;
  readonly rows: readonly Row[];
}

async function* chunksOf(source: RowSource, chunkRows: number, { textOf }: BatchTarget): AsyncGenerator<Chunk> {
  let rows: Row[] = [];
  let bytes = 0;
  for await (const row of source) {
    rows.push(row);
    bytes += sizeOf(row, textOf);
    if (rows.length < chunkRows && bytes < mostChunkBytes) continue;
    yield { first: rows[0] as Row, rows };
    rows = [];
    bytes = 0;
  }
  if (rows.length > 0) yield { first: rows[0] as Row, rows };
}

/** Roughly: only long values matter for the bound. */
function sizeOf(row: Row, textOf: (value: unknown) => string | null): number {
  let bytes = 0;
  for (const value of Object.values(row)) {
    if (typeof value === 'string') bytes += value.length;
    else if (ArrayBuffer.isView(value)) bytes += value.byteLength * 2;
    else if (typeof value === 'object' && value !== null && !(value instanceof Date)) bytes += textOf(value)?.length ?? 0;
    else bytes += 8;
  }
  return bytes;
}
