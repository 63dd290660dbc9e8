import type { JSX } from 'preact';
import type { EndpointFigures, PerSeam } from '../../../../millrace/src/monitoring/api/schema.ts';
import { layers } from '../../chart/layers.ts';
import { type Column, Table } from '../../components/table.tsx';
import { durationScale, inScale, percent, significant } from '../../format/figures.ts';
import { to } from '../../shell/paths.ts';
import { rangeQuery, useRange } from '../../state/range.ts';

export const totalSeconds = (busySeconds: PerSeam<number>): number => layers.reduce((sum, { id }) => sum + busySeconds[id], 0);

/** Time by layer as one bar; its length is the share of the busiest. */
export function LayerBar({ busySeconds, most }: { busySeconds: PerSeam<number>; most: number }): JSX.Element {
  const total = totalSeconds(busySeconds);
  const share = most > 0 ? total / most : 0;
  const text = layers
    .filter(({ id }) => total > 0 && busySeconds[id] / total >= 0.005)
    .map(({ id, name }) => `${name} ${Math.round((busySeconds[id] / total) * 100)} %`)
    .join(', ');
  return (
    <div class="bar" role="img" aria-label={`${Math.round(share * 100)} % of the busiest: ${text || 'nothing'}`}>
      {total > 0 ? (
        <div class="bar-fill" style={{ width: `${(share * 100).toFixed(1)}%` }}>
          {layers.map(({ id, token }) =>
            busySeconds[id] / total >= 0.01 ? <i key={id} style={{ '--c': `var(--${token})`, flex: String(busySeconds[id] / total) }} /> : null,
          )}
        </div>
      ) : null}
    </div>
  );
}

const errorText = (ratio: number | null): string => (ratio === null ? '' : percent(ratio).text);

interface EndpointTableProps {
  readonly rows: readonly EndpointFigures[];
  readonly label: string;
  /** A single request slower than this is called slow. */
  readonly slowMs: number | undefined;
  readonly sortable?: boolean;
}

/** Endpoints by what they cost. */
export function EndpointTable({ rows, label, slowMs, sortable = false }: EndpointTableProps): JSX.Element {
  const range = useRange();
  const scale = durationScale(rows.map((row) => row.p95Ms));
  const most = Math.max(0, ...rows.map((row) => totalSeconds(row.busySeconds)));
  const columns: readonly Column<EndpointFigures>[] = [
    {
      id: 'name',
      title: 'Endpoint',
      kind: 'name',
      sortBy: (row) => row.route,
      cell: (row) => (
        <a href={to(`/endpoints/${encodeURIComponent(row.id)}`, rangeQuery(range))} data-row>
          <span class="verb">{row.method}</span> <span class="path">{row.route}</span>
        </a>
      ),
    },
    {
      id: 'rate',
      title: 'req/s',
      kind: 'number',
      sortBy: (row) => row.ratePerSecond,
      cell: (row) => (row.ratePerSecond === null ? '' : significant(row.ratePerSecond)),
    },
    {
      id: 'p50',
      title: 'p50',
      unit: scale.unit,
      kind: 'number',
      wide: true,
      sortBy: (row) => row.p50Ms,
      cell: (row) => inScale(row.p50Ms, scale),
      tone: () => 'muted',
    },
    {
      id: 'p95',
      title: 'p95',
      unit: scale.unit,
      kind: 'number',
      sortBy: (row) => row.p95Ms,
      cell: (row) => inScale(row.p95Ms, scale),
      tone: (row) => (slowMs !== undefined && (row.p95Ms ?? 0) > slowMs ? 'over' : ''),
    },
    {
      id: 'p99',
      title: 'p99',
      unit: scale.unit,
      kind: 'number',
      wide: true,
      sortBy: (row) => row.p99Ms,
      cell: (row) => inScale(row.p99Ms, scale),
      tone: () => 'muted',
    },
    {
      id: 'errors',
      title: 'Errors',
      unit: '%',
      kind: 'number',
      sortBy: (row) => row.errorRatio,
      cell: (row) => errorText(row.errorRatio),
      tone: (row) => ((row.errorRatio ?? 0) >= 0.01 ? 'over' : 'muted'),
    },
    {
      id: 'time',
      title: 'Time',
      kind: 'full',
      sortBy: (row) => totalSeconds(row.busySeconds),
      cell: (row) => <LayerBar busySeconds={row.busySeconds} most={most} />,
    },
  ];
  return (
    <Table
      label={label}
      columns={sortable ? columns : columns.map(({ sortBy: _, ...column }) => column)}
      rows={rows}
      rowKey={(row) => row.id}
      sortedBy={sortable ? 'time' : undefined}
    />
  );
}
