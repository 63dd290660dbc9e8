import type { JSX } from 'preact';
import { useRoute } from 'preact-iso/router';
import type { RequestSample } from '../../../../millrace/src/monitoring/api/schema.ts';
import { ask } from '../../api/paths.ts';
import { Card } from '../../components/card.tsx';
import { Facts } from '../../components/figure-text.tsx';
import { Part } from '../../components/part.tsx';
import { duration, percent } from '../../format/figures.ts';
import { age, clockTime, dayTime } from '../../format/time.ts';
import { to } from '../../shell/paths.ts';
import { useTitle } from '../../shell/title.ts';
import { nowMs } from '../../state/live.ts';
import { useAnswer } from '../../state/use-answer.ts';
import { LayerKey } from '../endpoints/endpoints.tsx';
import { Shares } from '../shares.tsx';
import { Waterfall } from './waterfall.tsx';

/** Where did this one's time go? */
export function Request(): JSX.Element {
  const { params } = useRoute();
  const id = params['id'] ?? '';
  const sample = useAnswer<RequestSample>(ask.request(id));
  const known = sample.value;
  useTitle(
    known ? `${known.method} ${known.route}` : `Request ${id}`,
    known ? { text: 'Endpoint', href: endpointPage(known) } : { text: 'Endpoints', href: to('/endpoints') },
  );
  if (sample.failure?.status === 404) return <Gone id={id} />;
  return (
    <Part title="Request" part={sample} lines={6}>
      {(value) => (
        <>
          <Card title={value.status >= 500 ? 'One failed request' : value.reason === 'slow' ? 'One slow request' : 'One request'} sub={<code>{value.id}</code>}>
            <Facts
              facts={[
                { name: 'Took', value: duration(value.durationMs), tone: value.reason === 'slow' ? 'over' : '' },
                { name: 'Status', value: { text: String(value.status), unit: '' }, tone: value.status >= 500 ? 'over' : '' },
                {
                  name: 'Began',
                  value: { text: Math.abs(nowMs.value - value.startedAtMs) > 43_200_000 ? dayTime(value.startedAtMs) : clockTime(value.startedAtMs), unit: '' },
                },
                { name: 'Waited for others', value: percent(value.durationMs > 0 ? 1 - value.spentMs.own / value.durationMs : null) },
                { name: 'Steps', value: { text: String(value.steps.length), unit: '' } },
              ]}
            />
          </Card>
          <Card title="Step by step" sub={value.droppedSteps > 0 ? `${value.droppedSteps} more did not fit` : undefined} end={<LayerKey />}>
            <Waterfall sample={value} />
          </Card>
          <div class="even">
            <Shares title="Time by layer" spentMs={value.spentMs} />
            <Card title="About it">
              <dl class="pairs">
                <Pair name="Endpoint">
                  <a class="link path" href={endpointPage(value)}>
                    {value.method} {value.route}
                  </a>
                </Pair>
                <Pair name="Request id">
                  <code>{value.id}</code>
                </Pair>
                <Pair name="Trace id">
                  <code>{value.traceId}</code>
                </Pair>
                <Pair name="Kept because it was">{value.reason}</Pair>
                <Pair name="Kept for another">{age(value.keptUntilMs - nowMs.value)}</Pair>
              </dl>
            </Card>
          </div>
        </>
      )}
    </Part>
  );
}

const endpointPage = ({ endpoint }: RequestSample): string => to(`/endpoints/${encodeURIComponent(endpoint)}`);

const Pair = ({ name, children }: { name: string; children: JSX.Element | string }): JSX.Element => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

const Gone = ({ id }: { id: string }): JSX.Element => (
  <Card title="This request is gone">
    <div class="state">
      <p>
        Request <code>{id}</code> is past its keeping time, made room for a slower one, or was never kept. What it took is still counted in the figures of its
        endpoint.
      </p>
      <a class="button" href={to('/endpoints')}>
        To the endpoints
      </a>
    </div>
  </Card>
);
