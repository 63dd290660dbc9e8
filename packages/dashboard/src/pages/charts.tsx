import type { JSX } from 'preact';
import type { Alert, Series } from '../../../millrace/src/monitoring/api/schema.ts';
import type { Mark } from '../chart/axes.tsx';
import { Figure } from '../chart/figure.tsx';
import { HeatMap } from '../chart/heat-map.tsx';
import { layers } from '../chart/layers.ts';
import { Stack } from '../chart/stack.tsx';
import { Empty } from '../components/states.tsx';
import { duration, significant, words } from '../format/figures.ts';
import { clockTime } from '../format/time.ts';

/** The two pictures that stand on the first screen and, for one endpoint, on its own page. */

const known = (values: readonly (number | null)[]): readonly number[] => values.filter((value) => value !== null);
const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** `p95 rose from 0.7 s to 2.6 s` where the newest fifth differs by half from what was before, else the span it kept to. */
export function movement(name: string, values: readonly (number | null)[], text: (value: number) => string): string {
  const all = known(values);
  if (all.length === 0) return `There is no ${name} yet.`;
  const cut = Math.max(1, Math.floor(all.length * 0.8));
  const before = middle(all.slice(0, cut));
  const now = middle(all.slice(cut - 1));
  if (all.length > 4 && before > 0 && (now > before * 1.5 || now < before / 1.5))
    return `${name} ${now > before ? 'rose' : 'fell'} from ${text(before)} to ${text(now)}.`;
  return `${name} stayed between ${text(Math.min(...all))} and ${text(Math.max(...all))}, now ${text(all.at(-1) ?? 0)}.`;
}

const ms = (value: number): string => words(duration(value));
const shown = (value: number | null | undefined, text: (value: number) => string): string => (value == null ? '' : text(value));

/** When alerts began, as marks on every time chart. */
export const alertMarks = (alerts: readonly Alert[] | undefined): readonly Mark[] =>
  (alerts ?? []).map((alert) => ({ atMs: alert.openedAtMs, label: 'alert', token: 'high' }));

interface ChartProps {
  readonly series: Series;
  readonly marks: readonly Mark[];
}

export function ResponseTimes({ series, marks, limitMs }: ChartProps & { limitMs: number | undefined }): JSX.Element {
  const { timesMs, stepMs, p50Ms, p95Ms, p99Ms, heat } = series;
  const sentence = movement('p95', p95Ms, ms);
  return (
    <Figure
      title="Response time"
      sub="every request, log scale"
      sentence={sentence}
      legend={
        <div class="key">
          <span>
            <i class="is-line" style={{ '--c': 'var(--text)' }} />
            p95
          </span>
          <span>
            <i class="is-dashed" style={{ '--c': 'var(--text)' }} />
            p50
          </span>
          <span>
            <i style={{ '--c': 'var(--accent)' }} />
            density
          </span>
        </div>
      }
      table={() => ({
        head: ['Time', 'p50', 'p95', 'p99', 'Requests'],
        rows: timesMs
          .map((at, index) => [
            clockTime(at),
            shown(p50Ms[index], ms),
            shown(p95Ms[index], ms),
            shown(p99Ms[index], ms),
            heat.columns[index] ? heat.columns[index].reduce((sum, count) => sum + count, 0).toLocaleString('en') : '',
          ])
          .reverse(),
      })}
    >
      {known(p95Ms).length === 0 ? (
        <div class="plot">
          <Empty>No request in this time. Each one will be drawn here by how long it took.</Empty>
        </div>
      ) : (
        <HeatMap
          label={`Response time. ${sentence} Arrow keys read it moment by moment.`}
          data={{ timesMs, stepMs, p50Ms, p95Ms, edgesMs: heat.edgesMs, columns: heat.columns }}
          limitMs={limitMs}
          marks={marks}
        />
      )}
    </Figure>
  );
}

/** Which layer takes most, and how much of each second. */
function layerSentence(busy: Series['busy']): string {
  const now = layers.map(({ id, name }) => ({ name, value: middle(known(busy[id]).slice(-10)) }));
  const total = now.reduce((sum, one) => sum + one.value, 0);
  const most = now.reduce((best, one) => (one.value > best.value ? one : best));
  if (total === 0) return 'No time was spent yet.';
  return `Most of the time goes to ${most.name}: ${significant(most.value)} of ${significant(total)} seconds per second.`;
}

export function WhereTimeGoes({ series, marks }: ChartProps): JSX.Element {
  const { timesMs, busy } = series;
  const sentence = layerSentence(busy);
  return (
    <Figure
      title="Where the time goes"
      sub="busy seconds per second"
      sentence={sentence}
      table={() => ({
        head: ['Time', ...layers.map(({ name }) => name)],
        rows: timesMs.map((at, index) => [clockTime(at), ...layers.map(({ id }) => shown(busy[id][index], significant))]).reverse(),
      })}
    >
      {known(busy.own).length === 0 ? (
        <div class="plot">
          <Empty>No request in this time. What they wait for will be piled up here by layer.</Empty>
        </div>
      ) : (
        <Stack label={`Where the time goes. ${sentence} Arrow keys read it moment by moment.`} data={{ timesMs, layers: busy }} marks={marks} unit="s/s" />
      )}
    </Figure>
  );
}
