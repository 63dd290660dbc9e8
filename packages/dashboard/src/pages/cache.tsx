import type { JSX } from 'preact';
import type { CacheEntityStats, CacheStats, CacheTierStats, Series } from '../../../millrace/src/monitoring/api/schema.ts';
import { ask } from '../api/paths.ts';
import { Figure } from '../chart/figure.tsx';
import { TimeLines } from '../chart/time-lines.tsx';
import { Card } from '../components/card.tsx';
import { Part } from '../components/part.tsx';
import { Empty, NotSetUp } from '../components/states.tsx';
import { type Column, Table } from '../components/table.tsx';
import { bytes, count, doesNotApply, durationScale, exact, inScale, percent, significant, words } from '../format/figures.ts';
import { clockTime } from '../format/time.ts';
import { useTitle } from '../shell/title.ts';
import { limits } from '../state/live.ts';
import { useRange } from '../state/range.ts';
import { useAnswer } from '../state/use-answer.ts';
import { useSeries } from '../state/use-series.ts';
import { movement } from './charts.tsx';

/** What does it save, what does it miss? */
export function Cache(): JSX.Element {
  useTitle('Cache');
  const stats = useAnswer<CacheStats>(ask.cache, () => 5_000);
  const series = useSeries(useRange());
  if (stats.value?.present === false) {
    return (
      <Card title="Cache">
        <NotSetUp title="This service caches nothing" statement="millrace.cache.entity('product', loadProducts, { key: (row) => row.id, ttl: '1h' })">
          An entity declared like this stands here with its hits and what they save.
        </NotSetUp>
      </Card>
    );
  }
  return (
    <>
      <div class="two">
        <Part title="Hit rate" part={series}>
          {(value) => <HitRate series={value} />}
        </Part>
        <Part title="Tiers" part={stats}>
          {({ tiers }) => (
            <Card title="Tiers" sub="in the order they are asked">
              {tiers.length ? <Tiers rows={tiers} /> : <Empty>No tier has been asked yet.</Empty>}
            </Card>
          )}
        </Part>
      </div>
      <Part title="Entities" part={stats} lines={5}>
        {({ entities }) => (
          <Card title="Entities" sub="hit rate of the last 5 min, counts since the start">
            {entities.length ? <Entities rows={entities} /> : <Empty>No entity has been asked for yet.</Empty>}
          </Card>
        )}
      </Part>
    </>
  );
}

function HitRate({ series }: { series: Series }): JSX.Element {
  const limit = limits.value?.find((one) => one.threshold === 'cacheHitRatePercent')?.limit;
  const text = (ratio: number): string => words(percent(ratio));
  const sentence = movement('The hit rate', series.cacheHitRatio, text);
  return (
    <Figure
      title="Hit rate"
      sub="per cent, all tiers"
      sentence={sentence}
      table={() => ({
        head: ['Time', 'Hits'],
        rows: series.timesMs.map((at, index) => [clockTime(at), words(percent(series.cacheHitRatio[index]))]).reverse(),
      })}
    >
      <TimeLines
        label={`Hit rate. ${sentence} Arrow keys read it moment by moment.`}
        timesMs={series.timesMs}
        lines={[{ name: 'hits', token: 'l-cache', values: series.cacheHitRatio }]}
        limit={limit === undefined ? undefined : { value: limit / 100, text: `not below ${exact(limit)} %` }}
        axisText={(value) => `${exact(value * 100)} %`}
        readout={(index) => [{ label: 'hits', text: words(percent(series.cacheHitRatio[index])) }]}
      />
    </Figure>
  );
}

function Tiers({ rows }: { rows: readonly CacheTierStats[] }): JSX.Element {
  const columns: readonly Column<CacheTierStats>[] = [
    { id: 'tier', title: 'Tier', kind: 'name', cell: (row) => row.tier },
    { id: 'hits', title: 'Hit rate', unit: '%', kind: 'number', cell: (row) => percent(row.hitRatio).text },
    { id: 'entries', title: 'Entries', kind: 'number', cell: (row) => words(count(row.entries)) },
    { id: 'evictions', title: 'Evicted', kind: 'number', wide: true, cell: (row) => words(count(row.evictions)), tone: () => 'muted' },
    {
      id: 'size',
      title: 'Size',
      kind: 'number',
      cell: (row) => (
        <>
          {words(bytes(row.sizeBytes))} <span class="unit">of {words(bytes(row.limitBytes))}</span>
        </>
      ),
    },
  ];
  return <Table label="Tiers" columns={columns} rows={rows} rowKey={(row) => row.tier} />;
}

const allHits = (row: CacheEntityStats): number => row.hits.reduce((sum, one) => sum + one.count, 0);

function Entities({ rows }: { rows: readonly CacheEntityStats[] }): JSX.Element {
  const scale = durationScale(rows.map((row) => row.averageLoadMs));
  const columns: readonly Column<CacheEntityStats>[] = [
    { id: 'entity', title: 'Entity', kind: 'name', sortBy: (row) => row.entity, cell: (row) => <span class="path">{row.entity}</span> },
    {
      id: 'rate',
      title: 'Hit rate',
      unit: '%',
      kind: 'number',
      sortBy: (row) => row.hitRatio,
      cell: (row) => (row.hitRatio === null ? doesNotApply : percent(row.hitRatio).text),
    },
    { id: 'hits', title: 'Hits', kind: 'number', sortBy: allHits, cell: (row) => words(count(allHits(row))) },
    {
      id: 'stale',
      title: 'Stale',
      kind: 'number',
      wide: true,
      sortBy: (row) => row.staleHits,
      cell: (row) => words(count(row.staleHits)),
      tone: () => 'muted',
    },
    { id: 'misses', title: 'Misses', kind: 'number', sortBy: (row) => row.misses, cell: (row) => words(count(row.misses)) },
    {
      id: 'load',
      title: 'A load takes',
      unit: scale.unit,
      kind: 'number',
      wide: true,
      sortBy: (row) => row.averageLoadMs,
      cell: (row) => inScale(row.averageLoadMs, scale),
      tone: () => 'muted',
    },
    {
      id: 'failures',
      title: 'Failed loads',
      kind: 'number',
      wide: true,
      sortBy: (row) => row.loadFailures,
      cell: (row) => words(count(row.loadFailures)),
      tone: (row) => (row.loadFailures > 0 ? 'over' : 'muted'),
    },
    {
      id: 'invalidated',
      title: 'Invalidated',
      kind: 'number',
      wide: true,
      sortBy: (row) => row.invalidations,
      cell: (row) => words(count(row.invalidations)),
      tone: () => 'muted',
    },
    {
      id: 'saved',
      title: 'Saves',
      unit: 's/s',
      kind: 'number',
      sortBy: (row) => row.savedSecondsPerSecond,
      cell: (row) => (row.savedSecondsPerSecond === null ? '' : significant(row.savedSecondsPerSecond)),
    },
  ];
  return <Table label="Entities" columns={columns} rows={rows} rowKey={(row) => row.entity} sortedBy="saved" />;
}
