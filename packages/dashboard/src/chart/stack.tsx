import type { JSX } from 'preact';
import { exact, significant } from '../format/figures.ts';
import { type Mark, Marks, TimeAxis, ValueAxis } from './axes.tsx';
import { type LayerId, layers } from './layers.ts';
import { type Frame, Plot } from './plot.tsx';
import { runs, valueTicks } from './scale.ts';

/** Per layer one value per moment; `null` for a gap. */
export interface StackData {
  readonly timesMs: readonly number[];
  readonly layers: Readonly<Record<LayerId, readonly (number | null)[]>>;
}

interface StackProps {
  readonly label: string;
  readonly data: StackData;
  readonly marks: readonly Mark[];
  readonly unit: string;
}

const margins = { left: 40, right: 84, top: 18, bottom: 22 };
/** From the bottom up: the quiet layers lie below, so that what usually grows does not lift the others. */
const fromBelow = ['own', 'queue', 'cache', 'external', 'database'] as const satisfies readonly LayerId[];
const nameOf = (id: LayerId): string => layers.find((one) => one.id === id)?.name ?? id;

interface Band {
  readonly id: LayerId;
  readonly base: readonly (number | null)[];
  readonly top: readonly (number | null)[];
}

function stackUp(data: StackData): readonly Band[] {
  let base: readonly (number | null)[] = data.timesMs.map((_, index) => (data.layers.own[index] == null ? null : 0));
  return fromBelow.map((id) => {
    const top = base.map((value, index) => (value === null ? null : value + (data.layers[id][index] ?? 0)));
    const band = { id, base, top };
    base = top;
    return band;
  });
}

/** How much of each second every layer took, piled up, each named at its right end. */
export function Stack({ label, data, marks, unit }: StackProps): JSX.Element {
  const bands = stackUp(data);
  const most = Math.max(0, ...(bands.at(-1)?.top ?? []).map((value) => value ?? 0));
  const ticks = valueTicks(most, 4);
  const max = ticks.at(-1) ?? 1;
  const last = Math.max(1, data.timesMs.length - 1);
  const across = (index: number): number => index / last;
  return (
    <Plot
      label={label}
      timesMs={data.timesMs}
      margins={margins}
      across={across}
      readout={(index) =>
        layers.map(({ id, name, token }) => ({
          label: name,
          token,
          text: data.layers[id][index] == null ? '' : `${significant(data.layers[id][index] ?? 0)} ${unit}`,
        }))
      }
    >
      {(frame) => {
        const y = (value: number): number => frame.top + (1 - value / max) * (frame.height - frame.top - frame.bottom);
        const x = (index: number): number => frame.left + across(index) * (frame.width - frame.left - frame.right);
        const range = { frame, fromMs: data.timesMs[0] ?? 0, toMs: data.timesMs.at(-1) ?? 1 };
        return (
          <svg height={frame.height} aria-hidden="true">
            <ValueAxis frame={frame} ticks={ticks} y={y} text={exact} />
            <TimeAxis {...range} />
            {bands.map((band) => (
              <path key={band.id} d={outline(band, x, y)} fill={`var(--l-${band.id})`} stroke="var(--surface)" stroke-width="1" />
            ))}
            <EndLabels frame={frame} bands={bands} y={y} />
            <Marks {...range} marks={marks} />
          </svg>
        );
      }}
    </Plot>
  );
}

function outline({ base, top }: Band, x: (index: number) => number, y: (value: number) => number): string {
  return runs(top)
    .map(([from, to]) => {
      const indexes = Array.from({ length: to - from + 1 }, (_, k) => from + k);
      const above = indexes.map((index, k) => `${k ? 'L' : 'M'}${x(index).toFixed(1)} ${y(top[index] as number).toFixed(1)}`);
      const below = indexes.reverse().map((index) => `L${x(index).toFixed(1)} ${y(base[index] as number).toFixed(1)}`);
      return `${above.join('')}${below.join('')}Z`;
    })
    .join('');
}

const labelHeight = 15;

/** Names beside the newest values, pushed apart where they would touch and kept inside the frame. */
function EndLabels({ frame, bands, y }: { frame: Frame; bands: readonly Band[]; y: (value: number) => number }): JSX.Element {
  const left = frame.width - frame.right + 8;
  let below = frame.height - frame.bottom + labelHeight - 2;
  const places = bands.map(({ id, base, top }) => {
    const index = top.findLastIndex((value) => value !== null);
    const middle = index < 0 ? frame.height - frame.bottom : y(((base[index] ?? 0) + (top[index] ?? 0)) / 2) + 4;
    below = Math.min(middle, below - labelHeight);
    return { id, at: below };
  });
  return (
    <g>
      {places.map(({ id, at }) => (
        <g key={id}>
          <rect x={left} y={at - 8} width="8" height="8" rx="2" fill={`var(--l-${id})`} />
          <text class="label" x={left + 13} y={at}>
            {nameOf(id)}
          </text>
        </g>
      ))}
    </g>
  );
}
