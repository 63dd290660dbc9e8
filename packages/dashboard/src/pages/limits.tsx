import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Threshold, ThresholdChange, ThresholdName, Thresholds } from '../../../millrace/src/monitoring/api/schema.ts';
import { type Failure, send } from '../api/get.ts';
import { ask } from '../api/paths.ts';
import { Card } from '../components/card.tsx';
import { Part } from '../components/part.tsx';
import { duration, words } from '../format/figures.ts';
import { limitWords, measured, readingTone, severityTone, unitOf } from '../format/readings.ts';
import { age } from '../format/time.ts';
import { say } from '../shell/notice.tsx';
import { useTitle } from '../shell/title.ts';
import { askForLimits, limits } from '../state/live.ts';
import { useAnswer } from '../state/use-answer.ts';

/** When does it call me? */
export function Limits(): JSX.Element {
  useTitle('Limits');
  const thresholds = useAnswer<Thresholds>(ask.thresholds);
  return (
    <Part title="Limits" part={thresholds} lines={6}>
      {(value) => <LimitForm value={value} saved={thresholds.reload} />}
    </Part>
  );
}

type Draft = Readonly<Partial<Record<ThresholdName, string>>>;
/** The step that a setting moves: the worst one short of critical. */
const upperOf = ({ steps }: Threshold): number => (steps.findLast((step) => step.severity !== 'critical') ?? steps.at(-1))?.limit ?? 0;
const problemOf = (text: string, unit: Threshold['unit']): string | undefined => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) return 'A number is needed';
  if (value < 0) return 'It cannot be below 0';
  return unit === 'percent' && value > 100 ? 'Per cent end at 100' : undefined;
};

function LimitForm({ value, saved }: { value: Thresholds; saved: () => void }): JSX.Element {
  const [draft, setDraft] = useState<Draft>({});
  const [failure, setFailure] = useState<Failure>();
  const [busy, setBusy] = useState(false);
  const changed = value.thresholds.filter((one) => draft[one.name] !== undefined && Number(draft[one.name]) !== upperOf(one));
  const wrong = value.thresholds.some((one) => draft[one.name] !== undefined && problemOf(draft[one.name] ?? '', one.unit));
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (wrong || changed.length === 0) return;
    setBusy(true);
    const body: ThresholdChange = { thresholds: Object.fromEntries(changed.map((one) => [one.name, { limit: Number(draft[one.name]) }])) };
    const answer = await send<Thresholds>('PUT', ask.thresholds, body);
    setBusy(false);
    setFailure(answer.ok ? undefined : answer.failure);
    if (!answer.ok) return;
    setDraft({});
    say(changed.length === 1 ? 'Limit saved' : `${changed.length} limits saved`);
    void askForLimits();
    saved();
  };
  return (
    <form onSubmit={save} noValidate>
      <Card
        title="Limits"
        sub="held until the next start"
        end={
          <span class="sub">
            a slow request: {words(duration(value.slowRequestMs))}, a slow query: {words(duration(value.slowQueryMs))}
          </span>
        }
      >
        {value.thresholds.map((one) => (
          <LimitRow key={one.name} one={one} text={draft[one.name] ?? String(upperOf(one))} change={(text) => setDraft({ ...draft, [one.name]: text })} />
        ))}
        <div class="form-end">
          <button type="submit" class="button is-main" disabled={busy || wrong || changed.length === 0}>
            Save
          </button>
          <button type="button" class="button" disabled={Object.keys(draft).length === 0} onClick={() => setDraft({})}>
            Put back
          </button>
          {failure ? (
            <p class="over" role="alert">
              Not saved: {failure.message} (<code>{failure.code}</code>)
            </p>
          ) : null}
        </div>
      </Card>
    </form>
  );
}

function LimitRow({ one, text, change }: { one: Threshold; text: string; change: (text: string) => void }): JSX.Element {
  const problem = problemOf(text, one.unit);
  const id = `limit-${one.name}`;
  const steps = one.steps.map((step) => `${step.severity} ${one.direction} ${limitWords(step.limit, one.unit)}`).join(', ');
  return (
    <div class="limit-row">
      <div>
        <label for={id}>{one.title}</label>
        <p id={`${id}-help`} class={problem ? 'problem' : ''}>
          {problem ??
            `${steps}, ${one.forMs > 0 ? `after ${age(one.forMs)}` : 'at once'}${one.source === 'api' ? ', changed here' : one.variable ? `, ${one.variable}` : ''}`}
        </p>
      </div>
      <Standing one={one} />
      <div class="field">
        <input
          id={id}
          type="number"
          inputMode="decimal"
          min="0"
          step="any"
          value={text}
          aria-invalid={problem ? 'true' : undefined}
          aria-describedby={`${id}-help`}
          onInput={(event) => change(event.currentTarget.value)}
        />
        <span class="unit">{unitOf(one.unit)}</span>
      </div>
    </div>
  );
}

/** Where the figure stands now, as a part of its limit. */
function Standing({ one }: { one: Threshold }): JSX.Element {
  const reading = limits.value?.find((each) => each.threshold === one.name);
  if (!reading || reading.value === null) return <div class="meter-cell faint">not measured yet</div>;
  const tone = readingTone(reading);
  const colour = tone === 'good' ? 'accent' : tone === 'unknown' ? 'text-3' : tone;
  return (
    <div class="meter-cell">
      <div class={tone === 'good' || tone === 'unknown' ? '' : tone === 'warn' ? 'near' : 'over'}>
        <span class="figure">{measured(reading.value, reading.unit)}</span>
        {reading.severity ? (
          <>
            {' '}
            <span class={`tag is-${severityTone(reading.severity)}`}>{reading.severity}</span>
          </>
        ) : null}
      </div>
      <div class="meter" aria-hidden="true">
        <i style={{ '--c': `var(--${colour})`, width: `${Math.min(100, Math.max(0, (reading.strainRatio ?? 0) * 100)).toFixed(1)}%` }} />
      </div>
    </div>
  );
}
