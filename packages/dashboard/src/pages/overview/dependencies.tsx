import type { JSX } from 'preact';
import type { DependencyState, HealthDetail, ResilienceStats } from '../../../../millrace/src/monitoring/api/schema.ts';
import { Card } from '../../components/card.tsx';
import { Empty, Skeleton } from '../../components/states.tsx';
import { durationScale, inScale, type Scale } from '../../format/figures.ts';
import { age } from '../../format/time.ts';
import { health, nowMs, resilience } from '../../state/live.ts';

const looks = {
  up: { mark: '', tag: '', word: 'up' },
  degraded: { mark: 'is-warn', tag: 'is-warn', word: 'degraded' },
  down: { mark: 'is-crit', tag: 'is-crit', word: 'down' },
  unknown: { mark: 'is-unknown', tag: '', word: 'not checked' },
} as const;
const breakerLooks = {
  closed: { mark: '', tag: '', word: 'closed' },
  halfOpen: { mark: 'is-warn', tag: 'is-warn', word: 'half-open' },
  open: { mark: 'is-crit', tag: 'is-crit', word: 'open' },
} as const;

/** Whom the service leans on: what the last check said, and the breakers. */
export function Dependencies(): JSX.Element {
  const state = health.value;
  return (
    <Card title="Dependencies" end={<span class="sub">last check</span>}>
      {state === undefined ? <Skeleton label="Dependencies" lines={3} /> : <Rows state={state} breakers={resilience.value?.breakers ?? []} />}
    </Card>
  );
}

function Rows({ state, breakers }: { state: HealthDetail; breakers: ResilienceStats['breakers'] }): JSX.Element {
  if (state.dependencies.length === 0 && breakers.length === 0) return <Empty>This service depends on nothing that can be checked.</Empty>;
  const { ready, phase, reasons } = state.readiness;
  const scale = durationScale(state.dependencies.map((one) => one.tookMs));
  return (
    <>
      <ul class="dependencies">
        {state.dependencies.map((one) => (
          <Dependency key={one.name} one={one} scale={scale} />
        ))}
        {breakers.map(({ name, state: breaker, refused }) => (
          <li key={`breaker ${name}`}>
            <span class={`state-mark ${breakerLooks[breaker].mark}`} />
            <span class="cut">
              {name} <span class="faint">breaker{refused > 0 ? `, ${refused} refused` : ''}</span>
            </span>
            <span class={`tag ${breakerLooks[breaker].tag}`}>{breakerLooks[breaker].word}</span>
            <span />
          </li>
        ))}
      </ul>
      <p class="foot">
        {ready ? 'This instance takes requests.' : `This instance is ${phase} and takes no requests${reasons.length ? `: ${reasons.join(', ')}` : ''}.`}
      </p>
    </>
  );
}

function Dependency({ one, scale }: { one: DependencyState; scale: Scale }): JSX.Element {
  const look = looks[one.state];
  const said = one.state === 'up' || one.state === 'unknown' ? detailOf(one) : `${one.reason ?? ''}, for ${age(nowMs.value - one.sinceMs)}`;
  return (
    <li title={one.reason ?? undefined}>
      <span class={`state-mark ${look.mark}`} />
      <span class="cut">
        {one.name} <span class="faint">{said}</span>
      </span>
      <span class={`tag ${look.tag}`}>{look.word}</span>
      <span class={`number figure ${one.state === 'down' ? 'over' : 'muted'}`}>{one.tookMs === null ? '' : `${inScale(one.tookMs, scale)} ${scale.unit}`}</span>
    </li>
  );
}

const mostDetails = 2;
const detailOf = ({ detail }: DependencyState): string =>
  Object.entries(detail)
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
    .slice(0, mostDetails)
    .map(([name, value]) => (/^(?:server|version|address)$/.test(name) ? String(value) : `${name} ${String(value)}`))
    .join(', ');
