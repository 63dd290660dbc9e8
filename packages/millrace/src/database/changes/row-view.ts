import { ColumnUnknownError } from './errors.ts';
import type { RowChange, RowText, TableChange } from './pgoutput/index.ts';

/*
 * What a mapping `(row) => id` is shown of a changed row. The stream does not carry everything: a publication has a column list, and of an old row there is
 * only what identifies it. A mapping that asks for more must not be answered `undefined`, which it would take for NULL: it gets an error, and whoever called it
 * knows that the row could be anywhere.
 */

/** The rows to map, old and new, each answering only for the columns it knows; undefined where the whole table has changed. */
export function rowsToMap({ rows, identity, schema, table }: TableChange): readonly object[] | undefined {
  return rows?.flatMap((row) => viewsOf(row, identity).map((known) => view(known, `${schema}.${table}`)));
}

function viewsOf({ kind, before, after }: RowChange, identity: readonly string[]): readonly RowText[] {
  if (kind === 'insert') return [after as RowText];
  if (kind === 'delete') return [before as RowText];
  // Without an old row its identity was left as it was, and nothing else of it is known: the new row may speak for the identity only.
  if (!before) return [only(after as RowText, identity)];
  const isWhole = Object.keys(before).some((name) => !identity.includes(name)) || Object.keys(after as RowText).every((name) => identity.includes(name));
  return [before, isWhole ? (after as RowText) : only(after as RowText, identity)];
}

const only = (row: RowText, names: readonly string[]): RowText =>
  Object.assign(Object.create(null) as RowText, Object.fromEntries(Object.entries(row).filter(([name]) => names.includes(name))));

const view = (row: RowText, table: string): object =>
  new Proxy(row, {
    get(target, name) {
      if (typeof name === 'symbol') return undefined;
      if (!Object.hasOwn(target, name)) throw new ColumnUnknownError(table, name);
      return target[name];
    },
  });
