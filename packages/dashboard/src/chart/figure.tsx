import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Icon } from '../components/icon.tsx';

/** A chart's own table, for those who would rather read: what the columns are called, and their cells as text. */
export interface FigureTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

interface FigureProps {
  readonly title: string;
  /** The unit, and whatever else must be known to read it. */
  readonly sub?: string | undefined;
  /** What the data says, as a sentence. */
  readonly sentence: string;
  readonly legend?: ComponentChildren;
  readonly table: () => FigureTable;
  readonly children: ComponentChildren;
}

const toggles = new Map<HTMLElement, () => void>();

/** `t`: swaps the chart that has the focus or the pointer for its table, or all of them where there is neither. */
export function toggleTables(): void {
  const here = [...toggles.keys()].find((card) => card.contains(document.activeElement)) ?? [...toggles.keys()].find((card) => card.matches(':hover'));
  if (here) toggles.get(here)?.();
  else for (const toggle of toggles.values()) toggle();
}

/** A card with one chart: its title, its sentence, and its table a key away. */
export function Figure({ title, sub, sentence, legend, table, children }: FigureProps): JSX.Element {
  const [asTable, setAsTable] = useState(false);
  const card = useRef<HTMLElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = card.current;
    if (!element) return;
    toggles.set(element, () => setAsTable((before) => !before));
    return () => {
      toggles.delete(element);
    };
  }, []);
  return (
    <section class="card" aria-labelledby={heading} ref={card}>
      <div class="head">
        <h2 id={heading}>{title}</h2>
        {sub ? <span class="sub">{sub}</span> : null}
        <div class="head-end">
          {legend}
          <button
            type="button"
            class="icon-button"
            aria-pressed={asTable}
            aria-label={`${title} as a table`}
            title={asTable ? 'Show the chart (t)' : 'Show as a table (t)'}
            onClick={() => setAsTable(!asTable)}
          >
            <Icon name={asTable ? 'chart' : 'table'} />
          </button>
        </div>
      </div>
      <figure class="chart">
        {asTable ? <DataTable title={title} table={table()} /> : children}
        <figcaption class="hidden-text">{sentence}</figcaption>
      </figure>
    </section>
  );
}

const DataTable = ({ title, table }: { title: string; table: FigureTable }): JSX.Element => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard
  <section class="chart-table" tabIndex={0} aria-label={`${title}, table`}>
    <table>
      <thead>
        <tr>
          {table.head.map((name, column) => (
            <th key={name} scope="col" class={column ? 'number' : ''}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.rows.map((row) => (
          <tr key={row[0]}>
            {row.map((cell, column) => (
              <td key={table.head[column]} class={column ? 'number' : ''}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);
