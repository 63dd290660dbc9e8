import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  /** The one unit of the whole column, small behind its title. */
  readonly unit?: string | undefined;
  readonly cell: (row: Row) => ComponentChildren;
  /** Makes the column sortable. What has no value comes last either way. */
  readonly sortBy?: ((row: Row) => number | string | null | undefined) | undefined;
  /** `name` takes the room that is left and cuts; `number` stands right; `full` has a line of its own on a phone. */
  readonly kind?: 'name' | 'number' | 'full' | undefined;
  /** Not shown on a phone. */
  readonly wide?: boolean | undefined;
  readonly tone?: ((row: Row) => string) | undefined;
}

interface TableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly sortedBy?: string | undefined;
  /** How many rows before asking; the default keeps a long table light. @default 50 */
  readonly most?: number | undefined;
}

/** Spelled-out roles: the display rules of the phone's layout would take the built-in ones away. */
const as = (role: 'table' | 'rowgroup' | 'row' | 'cell' | 'columnheader'): { role: typeof role } => ({ role });

type Order = { readonly id: string; readonly rising: boolean };

function sorted<Row>(rows: readonly Row[], columns: readonly Column<Row>[], order: Order | undefined): readonly Row[] {
  const by = columns.find((column) => column.id === order?.id)?.sortBy;
  if (!order || !by) return rows;
  const sign = order.rising ? 1 : -1;
  return [...rows].sort((a, b) => {
    const left = by(a);
    const right = by(b);
    if (left == null || right == null) return left == null ? (right == null ? 0 : 1) : -1;
    return left < right ? -sign : left > right ? sign : 0;
  });
}

const classOf = <Row,>({ kind, wide }: Column<Row>): string => [kind ?? '', wide ? 'wide' : ''].filter(Boolean).join(' ');

/** A table of rows: sortable by its heads, two lines a row on a phone. Roles are spelled out, as the phone's layout would otherwise take them away. */
export function Table<Row>({ label, columns, rows, rowKey, sortedBy, most = 50 }: TableProps<Row>): JSX.Element {
  const [order, setOrder] = useState<Order | undefined>(sortedBy ? { id: sortedBy, rising: false } : undefined);
  const [all, setAll] = useState(false);
  const inOrder = sorted(rows, columns, order);
  const shown = all ? inOrder : inOrder.slice(0, most);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard */}
      <section class="scroll" tabIndex={0} aria-label={`${label}, table`} data-rows>
        <table class="stacked" {...as('table')}>
          <thead {...as('rowgroup')}>
            <tr {...as('row')}>
              {columns.map((column) => (
                <Head key={column.id} column={column} order={order} sort={setOrder} />
              ))}
            </tr>
          </thead>
          <tbody {...as('rowgroup')}>
            {shown.map((row) => (
              <tr key={rowKey(row)} {...as('row')}>
                {columns.map((column) => (
                  <td
                    key={column.id}
                    {...as('cell')}
                    class={`${classOf(column)} ${column.tone?.(row) ?? ''}`}
                    data-label={column.kind === 'number' ? column.title : undefined}
                    data-unit={column.kind === 'number' ? column.unit : undefined}
                  >
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {shown.length < rows.length ? (
        <p class="foot">
          <button type="button" class="link" onClick={() => setAll(true)}>
            Show all {rows.length}
          </button>
        </p>
      ) : null}
    </>
  );
}

function Head<Row>({ column, order, sort }: { column: Column<Row>; order: Order | undefined; sort: (order: Order) => void }): JSX.Element {
  const current = order?.id === column.id;
  const words = (
    <>
      {column.title}
      {column.unit ? <small> {column.unit}</small> : null}
    </>
  );
  return (
    <th scope="col" {...as('columnheader')} class={classOf(column)} aria-sort={current ? (order.rising ? 'ascending' : 'descending') : undefined}>
      {column.sortBy ? (
        <button type="button" onClick={() => sort({ id: column.id, rising: current ? !order.rising : column.kind === 'name' })}>
          {words}
          {current ? (order.rising ? ' ↑' : ' ↓') : ''}
        </button>
      ) : (
        words
      )}
    </th>
  );
}
