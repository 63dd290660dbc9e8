import type { JSX } from 'preact';
import type { EndpointList } from '../../../../millrace/src/monitoring/api/schema.ts';
import { ask } from '../../api/paths.ts';
import { layers } from '../../chart/layers.ts';
import { Card } from '../../components/card.tsx';
import { Part } from '../../components/part.tsx';
import { Empty } from '../../components/states.tsx';
import { useTitle } from '../../shell/title.ts';
import { slowRequestMs } from '../../state/live.ts';
import { ranges, useRange } from '../../state/range.ts';
import { useAnswer } from '../../state/use-answer.ts';
import { EndpointTable } from './table.tsx';

export const LayerKey = (): JSX.Element => (
  <div class="key">
    {layers.map(({ id, name, token }) => (
      <span key={id}>
        <i style={{ '--c': `var(--${token})` }} />
        {name}
      </span>
    ))}
  </div>
);

/** Which one costs most? */
export function Endpoints(): JSX.Element {
  useTitle('Endpoints');
  const range = useRange();
  const list = useAnswer<EndpointList>(ask.endpoints(range), () => 5_000);
  const limitMs = slowRequestMs.value;
  const rangeText = ranges.find((one) => one.name === range)?.text ?? range;
  return (
    <Part title="Endpoints" part={list} lines={6}>
      {({ endpoints }) => (
        <Card title={endpoints.length === 1 ? '1 endpoint' : `${endpoints.length} endpoints`} sub={`last ${rangeText}`} end={<LayerKey />}>
          {endpoints.length === 0 ? (
            <Empty>No request in the last {rangeText}. Each endpoint will stand here once it is called.</Empty>
          ) : (
            <EndpointTable rows={endpoints} label="All endpoints" slowMs={limitMs} sortable />
          )}
        </Card>
      )}
    </Part>
  );
}
