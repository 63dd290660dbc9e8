import type { Transaction } from 'millrace/database';
import type { DatabaseDoor } from '../postgres/database.ts';

export interface AmplifyOptions {
  /** Lines of sales there shall be, at least; a thousand copies of the file's sales at most. */
  readonly lines: number;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

export interface AmplifyReport {
  /** Lines there are now. */
  readonly lines: number;
  readonly transactions: number;
  /** Copies made by this call. */
  readonly copies: number;
}

const mostCopies = 1000;
const copiesPerStatement = 10;

/**
 * Grows the imported sales to `lines` lines, inside the server: each copy of the file's sales lies two days before the one after it, so a million lines are
 * some fourteen months of business. What each copy sold is delivered on its morning, so that stock stays the sum of its movements. All of it is one
 * transaction that locks the tables: for benchmarks and tests of plans, on a database nobody else works with. The same number of lines gives the same rows.
 */
export async function amplify(database: DatabaseDoor, { lines, onProgress = () => {} }: AmplifyOptions): Promise<AmplifyReport> {
  const real = await counts(database, 'where t.invoice_no is not null');
  const before = await counts(database, '');
  if (real.lines === 0) throw new Error('There are no imported sales to amplify');
  const there = await copiesThere(database, real.transactions);
  const copies = Math.max(0, Math.ceil((lines - before.lines) / real.lines));
  if (there + copies > mostCopies)
    throw new RangeError(`${lines} lines would need ${there + copies} copies of the file's ${real.lines}; ${mostCopies} at most`);
  if (copies > 0) {
    await database.withTransaction(async (transaction) => {
      const restore = await withoutForeignKeys(transaction);
      for (let done = 0; done < copies; done += copiesPerStatement) {
        const [first, last] = [there + done + 1, there + Math.min(copies, done + copiesPerStatement)];
        const [top] = await transaction.executeQuery<{ id: string }>('select max(id) as id from retail.transactions');
        for (const text of [transactionsText, linesText, salesText]) await transaction.executeQuery(text, [first, last, top?.id]);
        await transaction.executeQuery(deliveriesText, [first, last]);
        onProgress({ done: Math.min(copies, done + copiesPerStatement), total: copies });
      }
      await restore();
      await transaction.executeQuery(`select setval(pg_get_serial_sequence('retail.transactions', 'id'), (select max(id) from retail.transactions))`);
    });
  }
  for (const table of ['transactions', 'transaction_lines', 'stock_movements']) await database.executeQuery(`analyze retail.${table}`);
  const after = await counts(database, '');
  return { ...after, copies };
}

/** Takes the foreign keys off the three tables that grow; the returned function puts them back, which checks all rows in one pass instead of one by one. */
async function withoutForeignKeys(transaction: Transaction): Promise<() => Promise<void>> {
  const keys = await transaction.executeQuery<{ table: string; name: string; definition: string }>(foreignKeysText);
  for (const { table, name } of keys) await transaction.executeQuery(`alter table ${table} drop constraint ${name}`);
  return async () => {
    for (const { table, name, definition } of keys) await transaction.executeQuery(`alter table ${table} add constraint ${name} ${definition}`);
  };
}

const foreignKeysText = `
select conrelid::regclass::text as table, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition
from pg_constraint
where contype = 'f' and conrelid = any (array['retail.transactions', 'retail.transaction_lines', 'retail.stock_movements']::regclass[])
order by conrelid, conname`;

async function counts(database: DatabaseDoor, where: string): Promise<{ readonly lines: number; readonly transactions: number }> {
  const [row] = await database.executeQuery<{ lines: string; transactions: string }>(
    `select count(*) as lines, count(*) filter (where l.line_no = 1) as transactions
     from retail.transactions t join retail.transaction_lines l on l.transaction_id = t.id ${where}`,
  );
  return { lines: Number(row?.lines), transactions: Number(row?.transactions) };
}

/** Copies have no invoice number and no key: nothing else has neither. */
async function copiesThere(database: DatabaseDoor, realTransactions: number): Promise<number> {
  const [row] = await database.executeQuery<{ copied: string }>(
    'select count(*) as copied from retail.transactions where invoice_no is null and idempotency_key is null',
  );
  return Number(row?.copied) / realTransactions;
}

/** `$1` to `$2`: which copies; `$3`: the largest transaction id before. The n-th transaction of a copy has the n-th id of its block. */
const sourceOf = `
with source as materialized (
  select *, row_number() over (order by id) as rank, count(*) over () as many from retail.transactions where invoice_no is not null
), copy as (
  select generate_series($1::int, $2::int) as copy
)`;
const copiedId = '$3::bigint + (copy - $1::int) * many + rank';
const copiedTime = `created_at - make_interval(days => 2 * copy)`;

const transactionsText = `${sourceOf}
insert into retail.transactions (id, store_id, user_id, customer_id, total_pence, created_at)
select ${copiedId}, store_id, user_id, customer_id, total_pence, ${copiedTime}
from copy cross join source
order by copy desc, rank`;

const linesText = `${sourceOf}
insert into retail.transaction_lines (transaction_id, line_no, product_id, quantity, unit_price_pence)
select ${copiedId}, l.line_no, l.product_id, l.quantity, l.unit_price_pence
from copy cross join source s join retail.transaction_lines l on l.transaction_id = s.id
order by 1, 2`;

const salesText = `${sourceOf}
insert into retail.stock_movements (store_id, product_id, kind, quantity, transaction_id, created_at)
select s.store_id, l.product_id, 'sale', -l.quantity, ${copiedId}, ${copiedTime}
from copy cross join source s join retail.transaction_lines l on l.transaction_id = s.id
order by ${copiedTime}`;

const deliveriesText = `
insert into retail.stock_movements (store_id, product_id, kind, quantity, created_at)
select t.store_id, l.product_id, 'delivery', sum(l.quantity), date_trunc('day', t.created_at) + interval '5 hours' - make_interval(days => 2 * copy)
from generate_series($1::int, $2::int) as copy
cross join retail.transactions t join retail.transaction_lines l on l.transaction_id = t.id
where t.invoice_no is not null
group by copy, t.store_id, l.product_id, date_trunc('day', t.created_at)`;
