import type { JSX } from 'preact';
import { Card } from '../../components/card.tsx';
import { Part } from '../../components/part.tsx';
import { Empty, Skeleton } from '../../components/states.tsx';
import { to } from '../../shell/paths.ts';
import { useTitle } from '../../shell/title.ts';
import { alerts, endpoints, slowRequestMs } from '../../state/live.ts';
import { rangeQuery, useRange } from '../../state/range.ts';
import { useSeries } from '../../state/use-series.ts';
import { alertMarks, ResponseTimes, WhereTimeGoes } from '../charts.tsx';
import { EndpointTable } from '../endpoints/table.tsx';
import { Dependencies } from './dependencies.tsx';
import { ProcessCard } from './process-card.tsx';
import { Tiles } from './tiles.tsx';
import { VerdictCard } from './verdict-card.tsx';

/** Is it all right, and if not, where? */
export function Overview(): JSX.Element {
  useTitle('Overview');
  const series = useSeries(useRange());
  const marks = alertMarks(alerts.value);
  const limitMs = slowRequestMs.value;
  return (
    <>
      <VerdictCard />
      <Tiles series={series.value} />
      <div class="two">
        <Part title="Response time" part={series} lines={6}>
          {(value) => <ResponseTimes series={value} marks={marks} limitMs={limitMs} />}
        </Part>
        <Part title="Where the time goes" part={series} lines={6}>
          {(value) => <WhereTimeGoes series={value} marks={marks} />}
        </Part>
      </div>
      <div class="two">
        <BusyEndpoints />
        <Dependencies />
      </div>
      <ProcessCard />
    </>
  );
}

const mostShown = 8;

function BusyEndpoints(): JSX.Element {
  const rows = endpoints.value;
  const range = useRange();
  const limitMs = slowRequestMs.value;
  return (
    <Card
      title="Endpoints"
      sub="last minute, by total time"
      end={
        <a class="link" href={to('/endpoints', rangeQuery(range))}>
          All{rows && rows.length > mostShown ? ` ${rows.length}` : ''}
        </a>
      }
    >
      {rows === undefined ? (
        <Skeleton label="Endpoints" lines={6} />
      ) : rows.length === 0 ? (
        <Empty>No request in the last minute. Each endpoint will stand here once it is called.</Empty>
      ) : (
        <EndpointTable rows={rows.slice(0, mostShown)} label="Busiest endpoints" slowMs={limitMs} />
      )}
    </Card>
  );
}
