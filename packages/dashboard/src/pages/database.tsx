import type { JSX } from 'preact';
import type { DatabaseStats, PoolStats, Series, StatementStats } from '../../../millrace/src/monitoring/api/schema.ts';
import { ask } from '../api/paths.ts';
import { Figure } from '../chart/figure.tsx';
import { TimeLines } from '../chart/time-lines.tsx';
import { Card } from '../components/card.tsx';
import { Facts } from '../components/figure-text.tsx';
import { Part } from '../components/part.tsx';
import { Empty, NotSetUp } from '../components/states.tsx';
import { type Column, Table } from '../components/table.tsx';
import { count, duration, durationScale, exact, inScale, percent, words } from '../format/figures.ts';
import { clockTime } from '../format/time.ts';
import { useTitle } from '../shell/title.ts';
import { limits } from '../state/live.ts';
import { useRange } from '../state/range.ts';
import { useAnswer } from '../state/use-answer.ts';
import { useSeries } from '../state/use-series.ts';
import { movement } from './charts.tsx';

/** Which query costs most, and is there a connection when one is needed? */
export function Database(): JSX.Element {
  useTitle('Database');
  const stats = useAnswer<DatabaseStats>(ask.database, () => 5_000);
  const series = useSeries(useRange());
  if (stats.value?.present === false) {
    return (
      <Card title="Database">
        <NotSetUp title="This service has no database" statement="DATABASE_URL=postgres://…">
          With one, its pool and its statements stand here. Requests and cache are measured without it.
        </NotSetUp>
      </Card>
    );
  }
  return (
    <>
      <div class="two">
        <Part title="Pool in use" part={series}>
          {(value) => <PoolUse series={value} />}
        </Part>
        <Part title="Pool" part={stats}>
          {({ pool, server }) => (
            <Card title="Pool" sub={server ?? undefined}>
              {pool ? <Pool pool={pool} /> : <Empty>The pool has not been opened yet.</Empty>}
            </Card>
          )}
        </Part>
      </div>
      <Part title="Statements" part={stats} lines={6}>
        {({ statements }) => (
          <Card title="Statements" sub="by total time, since the start">
            {statements.length ? <Statements rows={statements} /> : <Empty>No statement has run yet. Each will stand here with its values taken out.</Empty>}
          </Card>
        )}
      </Part>
    </>
  );
}

const Pool = ({ pool }: { pool: PoolStats }): JSX.Element => (
  <Facts
    facts={[
      { name: `In use, of ${pool.max}`, value: count(pool.busy), tone: pool.busy >= pool.max ? 'over' : '' },
      { name: 'Idle', value: count(pool.idle) },
      { name: 'Being opened', value: count(pool.connecting) },
      { name: 'Waiting', value: count(pool.waiting), tone: pool.waiting > 0 ? 'over' : '' },
      { name: 'Wait, p95', value: duration(pool.waitP95Ms) },
      { name: 'Handed out', value: count(pool.acquired) },
      { name: 'Refused', value: count(pool.refused), tone: pool.refused > 0 ? 'over' : '' },
      { name: 'Cancelled', value: count(pool.cancelled) },
      { name: 'Connection errors', value: count(pool.connectionErrors), tone: pool.connectionErrors > 0 ? 'over' : '' },
    ]}
  />
);

function PoolUse({ series }: { series: Series }): JSX.Element {
  const limit = limits.value?.find((one) => one.threshold === 'poolUsagePercent')?.limit;
  const text = (ratio: number): string => words(percent(ratio));
  const sentence = movement('Pool use', series.poolUsedRatio, text);
  return (
    <Figure
      title="Pool in use"
      sub="per cent"
      sentence={sentence}
      table={() => ({
        head: ['Time', 'In use'],
        rows: series.timesMs.map((at, index) => [clockTime(at), words(percent(series.poolUsedRatio[index]))]).reverse(),
      })}
    >
      <TimeLines
        label={`Pool in use. ${sentence} Arrow keys read it moment by moment.`}
        timesMs={series.timesMs}
        lines={[{ name: 'in use', token: 'l-database', values: series.poolUsedRatio }]}
        limit={limit === undefined ? undefined : { value: limit / 100, text: `limit ${exact(limit)} %` }}
        axisText={(value) => `${exact(value * 100)} %`}
        readout={(index) => [{ label: 'in use', text: words(percent(series.poolUsedRatio[index])) }]}
      />
    </Figure>
  );
}

function Statements({ rows }: { rows: readonly StatementStats[] }): JSX.Element {
  const scale = durationScale(rows.map((row) => row.averageMs));
  const most = Math.max(0, ...rows.map((row) => row.timeRatio));
  const columns: readonly Column<StatementStats>[] = [
    {
      id: 'text',
      title: 'Statement',
      kind: 'name',
      cell: (row) => (
        <details class="statement">
          <summary data-row title="Show all of it">
            {row.name ?? row.text}
          </summary>
          <pre>{row.text}</pre>
        </details>
      ),
    },
    { id: 'calls', title: 'Calls', kind: 'number', sortBy: (row) => row.calls, cell: (row) => words(count(row.calls)) },
    { id: 'mean', title: 'Mean', unit: scale.unit, kind: 'number', sortBy: (row) => row.averageMs, cell: (row) => inScale(row.averageMs, scale) },
    { id: 'p95', title: 'p95', unit: scale.unit, kind: 'number', sortBy: (row) => row.p95Ms, cell: (row) => inScale(row.p95Ms, scale) },
    {
      id: 'max',
      title: 'Slowest',
      unit: scale.unit,
      kind: 'number',
      wide: true,
      sortBy: (row) => row.maxMs,
      cell: (row) => inScale(row.maxMs, scale),
      tone: () => 'muted',
    },
    { id: 'rows', title: 'Rows', kind: 'number', wide: true, sortBy: (row) => row.rows, cell: (row) => words(count(row.rows)), tone: () => 'muted' },
    {
      id: 'errors',
      title: 'Errors',
      kind: 'number',
      wide: true,
      sortBy: (row) => row.errors,
      cell: (row) => count(row.errors).text,
      tone: (row) => (row.errors > 0 ? 'over' : 'muted'),
    },
    {
      id: 'time',
      title: 'Time',
      kind: 'full',
      sortBy: (row) => row.timeRatio,
      cell: (row) => (
        <div class="bar" role="img" aria-label={`${words(percent(row.timeRatio))} of database time`}>
          <div class="bar-fill" style={{ width: `${((row.timeRatio / (most || 1)) * 100).toFixed(1)}%` }}>
            <i style={{ '--c': 'var(--l-database)', flex: '1' }} />
          </div>
        </div>
      ),
    },
  ];
  return <Table label="Statements" columns={columns} rows={rows} rowKey={(row) => row.id} sortedBy="time" />;
}
