import type { JSX } from 'preact';
import type { RequestSample, RequestStep } from '../../../../millrace/src/monitoring/api/schema.ts';
import { layers } from '../../chart/layers.ts';
import { duration, durationScale, exact, words } from '../../format/figures.ts';

const outcomes: Readonly<Record<RequestStep['outcome'], string>> = {
  ok: '',
  hit: 'hit',
  stale: 'stale',
  miss: 'miss',
  error: 'failed',
  cancelled: 'cancelled',
  open: 'not ended',
};
const ticks = 5;
/** A row is called the longest only when it is a fair part of the whole. */
const worthNaming = 0.2;

interface Row {
  readonly step: RequestStep;
  readonly depth: number;
}

/** Steps in the order they began, each as deep as it lies below others. */
function rowsOf(steps: readonly RequestStep[]): readonly Row[] {
  const depths = new Map<number, number>();
  return steps.map((step) => {
    const depth = step.parent < 0 ? 1 : (depths.get(step.parent) ?? 0) + 1;
    depths.set(step.number, depth);
    return { step, depth };
  });
}

const textOf = ({ name, outcome, note }: RequestStep): string => [name, outcomes[outcome], note].filter(Boolean).join(', ');

/** One request as rows on one time axis: who waited for what, and for how long. */
export function Waterfall({ sample }: { sample: RequestSample }): JSX.Element {
  const whole = sample.durationMs || 1;
  const scale = durationScale([whole]);
  const longest = sample.steps.reduce<RequestStep | undefined>((best, step) => (step.ownMs > (best?.ownMs ?? 0) ? step : best), undefined);
  const hot = longest && longest.ownMs / whole >= worthNaming ? longest : undefined;
  return (
    <div class="waterfall">
      <p class="hidden-text">
        {hot ? `The longest step is ${textOf(hot)}: ${words(duration(hot.ownMs))} of ${words(duration(whole))}.` : 'No step stands out.'}
      </p>
      <div class="waterfall-axis" aria-hidden="true">
        <span />
        <div>
          {Array.from({ length: ticks + 1 }, (_, tick) => (
            <span key={tick}>
              {tick === 0 ? '0' : exact(Number(((whole * tick) / ticks / scale.factor).toPrecision(2)))}
              {tick === ticks ? ` ${scale.unit}` : ''}
            </span>
          ))}
        </div>
        <span />
      </div>
      <ol>
        <Bar name={`${sample.method} ${sample.route}`} seam="own" depth={0} from={0} share={1} time={words(duration(sample.durationMs))} look="is-whole" />
        {rowsOf(sample.steps).map(({ step, depth }) => (
          <Bar
            key={step.number}
            name={textOf(step)}
            seam={step.seam}
            depth={depth}
            from={Math.min(1, step.startMs / whole)}
            share={Math.min(1 - Math.min(1, step.startMs / whole), step.durationMs / whole)}
            time={words(duration(step.durationMs))}
            look={step === hot ? 'is-longest' : ''}
          />
        ))}
      </ol>
    </div>
  );
}

interface BarProps {
  readonly name: string;
  readonly seam: RequestStep['seam'];
  readonly depth: number;
  readonly from: number;
  readonly share: number;
  readonly time: string;
  readonly look: string;
}

const Bar = ({ name, seam, depth, from, share, time, look }: BarProps): JSX.Element => (
  <li class={look}>
    <span class="waterfall-name cut" style={{ '--depth': String(Math.min(depth, 8)) }} title={name}>
      {name}
      <span class="hidden-text">, {layers.find((one) => one.id === seam)?.name}</span>
    </span>
    <span class="waterfall-track" aria-hidden="true">
      <i style={{ '--c': `var(--l-${seam})`, '--from': `${(from * 100).toFixed(2)}%`, '--share': `${(share * 100).toFixed(2)}%` }} />
    </span>
    <span class="waterfall-time">{time}</span>
  </li>
);
