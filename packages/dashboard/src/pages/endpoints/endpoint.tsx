import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { useRoute } from 'preact-iso/router';
import type { EndpointDetail, EndpointFigures, PerSeam, RequestSummary, Series } from '../../../../millrace/src/monitoring/api/schema.ts';
import { ask } from '../../api/paths.ts';
import type { Mark } from '../../chart/axes.tsx';
import { Figure } from '../../chart/figure.tsx';
import { TimeLines } from '../../chart/time-lines.tsx';
import { Card } from '../../components/card.tsx';
import { Facts } from '../../components/figure-text.tsx';
import { Part } from '../../components/part.tsx';
import { Empty } from '../../components/states.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { count, duration, durationScale, exact, inScale, percent, perSecond, significant, words } from '../../format/figures.ts';
import { clockTime, moment } from '../../format/time.ts';
import { to } from '../../shell/paths.ts';
import { useTitle } from '../../shell/title.ts';
import { alerts, nowMs, service, slowRequestMs } from '../../state/live.ts';
import { rangeQuery, useRange } from '../../state/range.ts';
import { sinceStart } from '../../state/since-start.ts';
import { useAnswer } from '../../state/use-answer.ts';
import { alertMarks, movement, ResponseTimes, WhereTimeGoes } from '../charts.tsx';
import { Shares } from '../shares.tsx';

const pauseMs = ({ series }: EndpointDetail): number => Math.max(5_000, series.stepMs);

/** How does this one fare, and which of its requests were slow? */
export function Endpoint(): JSX.Element {
  const { params } = useRoute();
  const id = params['id'] ?? '';
  const range = useRange();
  const detail = useAnswer<EndpointDetail>(ask.endpoint(id, range), pauseMs);
  const name = detail.value ? `${detail.value.endpoint.method} ${detail.value.endpoint.route}` : id.replace('~', ' /').replaceAll('~', '/');
  useTitle(name, { text: 'Endpoints', href: to('/endpoints', rangeQuery(range)) });
  const limitMs = slowRequestMs.value;
  const marks = alertMarks(alerts.value?.filter((alert) => alert.endpoint === id));
  return (
    <Part title={name} part={detail} lines={6}>
      {({ endpoint, series, samples }) => (
        <>
          <Summary endpoint={endpoint} limitMs={limitMs} />
          <Pictures whole={series} marks={marks} limitMs={limitMs} />
          <div class="two is-start">
            <Samples samples={samples} p95Ms={endpoint.p95Ms} />
            <div class="column">
              <Rate whole={series} />
              <Shares title="One request, on average" spentMs={perRequest(endpoint)} />
            </div>
          </div>
        </>
      )}
    </Part>
  );
}

/** The past of a service that is younger than the range begins with its start. */
function useKnownPast(whole: Series): Series {
  const startedAtMs = service.value?.startedAtMs;
  return useMemo(() => sinceStart(whole, startedAtMs), [whole, startedAtMs]);
}

function Pictures({ whole, marks, limitMs }: { whole: Series; marks: readonly Mark[]; limitMs: number | undefined }): JSX.Element {
  const series = useKnownPast(whole);
  return (
    <div class="two">
      <ResponseTimes series={series} marks={marks} limitMs={limitMs} />
      <WhereTimeGoes series={series} marks={marks} />
    </div>
  );
}

/** What one request spends at each layer, on average. */
function perRequest({ busySeconds, requests }: EndpointFigures): PerSeam<number> {
  const each = (seconds: number): number => (requests > 0 ? (seconds * 1_000) / requests : 0);
  const { queue, cache, database, external, own } = busySeconds;
  return { queue: each(queue), cache: each(cache), database: each(database), external: each(external), own: each(own) };
}

function Summary({ endpoint, limitMs }: { endpoint: EndpointFigures; limitMs: number | undefined }): JSX.Element {
  const over = (ms: number | null): string => (limitMs !== undefined && (ms ?? 0) > limitMs ? 'over' : '');
  return (
    <Card title="Figures" sub={`${count(endpoint.requests).text} requests in this range`}>
      <Facts
        facts={[
          { name: 'Requests', value: perSecond(endpoint.ratePerSecond) },
          { name: 'Mean', value: duration(endpoint.averageMs) },
          { name: 'p50', value: duration(endpoint.p50Ms) },
          { name: 'p95', value: duration(endpoint.p95Ms), tone: over(endpoint.p95Ms) },
          { name: 'p99', value: duration(endpoint.p99Ms), tone: over(endpoint.p99Ms) },
          { name: 'Slowest', value: duration(endpoint.maxMs) },
          { name: 'Errors', value: percent(endpoint.errorRatio), tone: (endpoint.errorRatio ?? 0) >= 0.01 ? 'over' : '' },
          { name: 'Share of all time', value: percent(endpoint.timeRatio) },
        ]}
      />
    </Card>
  );
}

const reasons = { slow: 'is-high', failed: 'is-crit', ordinary: '' } as const;

function Samples({ samples, p95Ms }: { samples: readonly RequestSummary[]; p95Ms: number | null }): JSX.Element {
  const scale = durationScale(samples.map((one) => one.durationMs));
  const most = Math.max(0, ...samples.map((one) => one.durationMs));
  const columns: readonly Column<RequestSummary>[] = [
    {
      id: 'request',
      title: 'Request',
      kind: 'name',
      cell: (row) => (
        <a class="path" href={to(`/requests/${encodeURIComponent(row.id)}`)} data-row>
          {row.id}
        </a>
      ),
    },
    { id: 'at', title: 'At', kind: 'number', sortBy: (row) => row.startedAtMs, cell: (row) => moment(row.startedAtMs, nowMs.peek()), tone: () => 'muted' },
    {
      id: 'status',
      title: 'Status',
      kind: 'number',
      sortBy: (row) => row.status,
      cell: (row) => row.status,
      tone: (row) => (row.status >= 500 ? 'over' : 'muted'),
    },
    { id: 'why', title: 'Kept as', cell: (row) => <span class={`tag ${reasons[row.reason]}`}>{row.reason}</span> },
    { id: 'took', title: 'Took', unit: scale.unit, kind: 'number', sortBy: (row) => row.durationMs, cell: (row) => inScale(row.durationMs, scale) },
    {
      id: 'bar',
      title: 'Length',
      wide: true,
      cell: (row) => (
        <div class="bar" aria-hidden="true">
          <div class="bar-fill" style={{ width: `${((row.durationMs / (most || 1)) * 100).toFixed(1)}%` }}>
            <i style={{ '--c': `var(--${row.reason === 'ordinary' ? 'accent' : 'high'})`, flex: '1' }} />
          </div>
        </div>
      ),
    },
  ];
  return (
    <Card title="Kept requests" sub="slow and failed ones, and a few ordinary">
      {samples.length === 0 ? (
        <Empty>No request of this endpoint was kept.{p95Ms === null ? '' : ` 95 of 100 took at most ${words(duration(p95Ms))}.`}</Empty>
      ) : (
        <Table label="Kept requests" columns={columns} rows={samples} rowKey={(row) => row.id} sortedBy="took" most={12} />
      )}
    </Card>
  );
}

function Rate({ whole }: { whole: Series }): JSX.Element {
  const series = useKnownPast(whole);
  const rate = (value: number): string => `${significant(value)} /s`;
  const sentence = movement('The rate', series.ratePerSecond, rate);
  return (
    <Figure
      title="Requests"
      sub="per second"
      sentence={sentence}
      table={() => ({
        head: ['Time', 'req/s', 'Errors'],
        rows: series.timesMs
          .map((at, index) => [clockTime(at), significant(series.ratePerSecond[index] ?? Number.NaN), words(percent(series.errorRatio[index]))])
          .reverse(),
      })}
    >
      <TimeLines
        label={`Requests per second. ${sentence} Arrow keys read it moment by moment.`}
        timesMs={series.timesMs}
        lines={[{ name: 'req/s', token: 'accent', values: series.ratePerSecond }]}
        axisText={exact}
        readout={(index) => [
          { label: 'requests', text: series.ratePerSecond[index] == null ? '' : rate(series.ratePerSecond[index] ?? 0) },
          { label: 'errors', text: words(percent(series.errorRatio[index])) },
        ]}
      />
    </Figure>
  );
}
