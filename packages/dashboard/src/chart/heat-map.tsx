import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { duration, exact, words } from '../format/figures.ts';
import { LimitLine, type Mark, Marks, TimeAxis, ValueAxis } from './axes.tsx';
import { colourOf, onSchemeChange } from './colours.ts';
import { type Frame, Plot } from './plot.tsx';
import { logTicks, runs } from './scale.ts';

/** How many requests took how long, moment by moment. */
export interface HeatData {
  /** Where each column begins, wall time in ms; all columns are equally wide. */
  readonly timesMs: readonly number[];
  readonly stepMs: number;
  /** Upper edges of the rows in ms, rising; the first row begins at 0. */
  readonly edgesMs: readonly number[];
  /** Per column how many fell into each row; `null` for a gap. */
  readonly columns: readonly (readonly number[] | null)[];
  readonly p50Ms: readonly (number | null)[];
  readonly p95Ms: readonly (number | null)[];
}

interface HeatMapProps {
  readonly label: string;
  readonly data: HeatData;
  readonly limitMs: number | undefined;
  readonly marks: readonly Mark[];
}

const margins = { left: 50, right: 8, top: 18, bottom: 22 };
const axisText = (ms: number): string => (ms >= 1_000 ? `${exact(ms / 1_000)} s` : ms >= 1 ? `${exact(ms)} ms` : `${exact(ms * 1_000)} µs`);

/** The rows worth showing: from the lowest to the highest that anything fell into, the limit included, at least a decade and a half. */
function shownRange({ edgesMs, columns }: HeatData, limitMs: number | undefined): readonly [number, number] {
  let first = edgesMs.length;
  let last = 0;
  for (const column of columns) {
    column?.forEach((count, row) => {
      if (count === 0) return;
      if (row < first) first = row;
      if (row > last) last = row;
    });
  }
  const low = Math.max(first > 0 ? (edgesMs[first - 1] ?? 1) : (edgesMs[0] ?? 1) / 2, 0.01);
  const high = Math.max(edgesMs[last] ?? low * 30, (limitMs ?? 0) * 1.5, low * 30);
  return [low, high];
}

/** Density as a picture, the p50 and the p95 as lines over it: the lines alone hide two groups, the picture shows them. */
export function HeatMap({ label, data, limitMs, marks }: HeatMapProps): JSX.Element {
  const [low, high] = shownRange(data, limitMs);
  const fromMs = data.timesMs[0] ?? 0;
  const toMs = (data.timesMs.at(-1) ?? 0) + data.stepMs;
  const columns = Math.max(1, data.timesMs.length);
  const across = (index: number): number => (index + 0.5) / columns;
  return (
    <Plot
      label={label}
      timesMs={data.timesMs}
      margins={margins}
      across={across}
      readout={(index) => [
        { label: 'p50', text: words(duration(data.p50Ms[index])) },
        { label: 'p95', text: words(duration(data.p95Ms[index])) },
        { label: 'requests', text: (data.columns[index]?.reduce((sum, count) => sum + count, 0) ?? 0).toLocaleString('en') },
      ]}
    >
      {(frame) => {
        const y = logScale(frame, low, high);
        const x = (index: number): number => frame.left + across(index) * (frame.width - frame.left - frame.right);
        return (
          <>
            <svg height={frame.height} aria-hidden="true">
              <ValueAxis frame={frame} ticks={logTicks(low, high)} y={y} text={axisText} />
              <TimeAxis frame={frame} fromMs={fromMs} toMs={toMs} />
            </svg>
            <Density frame={frame} data={data} y={y} limitMs={limitMs} />
            <svg height={frame.height} aria-hidden="true">
              <Line values={data.p95Ms} x={x} y={y} dashed={false} />
              <Line values={data.p50Ms} x={x} y={y} dashed={true} />
              {limitMs !== undefined && limitMs < high ? <LimitLine frame={frame} y={y(limitMs)} text={`limit ${axisText(limitMs)}`} /> : null}
              <Marks frame={frame} marks={marks} fromMs={fromMs} toMs={toMs} />
            </svg>
          </>
        );
      }}
    </Plot>
  );
}

const logScale =
  (frame: Frame, low: number, high: number) =>
  (value: number): number => {
    const share = Math.log(Math.min(high, Math.max(low, value)) / low) / Math.log(high / low);
    return frame.top + (1 - share) * (frame.height - frame.top - frame.bottom);
  };

function Line({ values, x, y, dashed }: { values: readonly (number | null)[]; x: (index: number) => number; y: (value: number) => number; dashed: boolean }) {
  const path = runs(values)
    .map(([from, to]) =>
      Array.from({ length: to - from + 1 }, (_, k) => `${k ? 'L' : 'M'}${x(from + k).toFixed(1)} ${y(values[from + k] as number).toFixed(1)}`).join(''),
    )
    .join('');
  return (
    <g fill="none" stroke-linejoin="round">
      <path d={path} stroke="var(--surface)" stroke-width="4" opacity="0.75" />
      <path d={path} stroke="var(--text)" stroke-width={dashed ? 1.3 : 1.5} stroke-dasharray={dashed ? '4 3' : undefined} />
    </g>
  );
}

interface DensityProps {
  readonly frame: Frame;
  readonly data: HeatData;
  readonly y: (value: number) => number;
  readonly limitMs: number | undefined;
}

function Density({ frame, data, y, limitMs }: DensityProps): JSX.Element {
  const ref = useRef<HTMLCanvasElement>(null);
  const [scheme, setScheme] = useState(0);
  useEffect(() => onSchemeChange(() => setScheme((before) => before + 1)), []);
  useEffect(() => {
    const canvas = ref.current;
    const context = canvas?.getContext('2d');
    if (!canvas || !context) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(frame.width * ratio);
    canvas.height = Math.round(frame.height * ratio);
    context.scale(ratio, ratio);
    paint(context, frame, data, y, limitMs);
  }, [frame.width, frame.height, data, limitMs, scheme]);
  return <canvas ref={ref} style={{ width: `${frame.width}px`, height: `${frame.height}px` }} />;
}

/** Narrower than this a column is noise: neighbours are added up, always the same ones, so that nothing flickers as time moves on. */
const narrowestPx = 7;

interface Cell {
  readonly from: number;
  readonly columns: number;
  readonly counts: readonly number[];
}

function cellsOf({ timesMs, stepMs, columns }: HeatData, columnWidth: number): readonly Cell[] {
  const together = Math.max(1, Math.ceil(narrowestPx / columnWidth));
  const cells: { from: number; columns: number; counts: number[]; group: number }[] = [];
  columns.forEach((column, index) => {
    if (!column) return;
    const group = Math.floor((timesMs[index] as number) / (stepMs * together));
    const last = cells.at(-1);
    if (last?.group === group) {
      column.forEach((count, row) => {
        last.counts[row] = (last.counts[row] ?? 0) + count;
      });
      last.columns = index - last.from + 1;
    } else cells.push({ from: index, columns: 1, counts: [...column], group });
  });
  return cells;
}

function paint(context: CanvasRenderingContext2D, frame: Frame, data: HeatData, y: (value: number) => number, limitMs: number | undefined): void {
  const { edgesMs } = data;
  context.clearRect(0, 0, frame.width, frame.height);
  const columnWidth = (frame.width - frame.left - frame.right) / Math.max(1, data.columns.length);
  const cells = cellsOf(data, columnWidth);
  const most = Math.max(1, ...cells.map(({ counts }) => Math.max(...counts)));
  const inside = colourOf('accent');
  const outside = colourOf('high');
  for (const cell of cells) {
    const left = frame.left + cell.from * columnWidth;
    cell.counts.forEach((count, row) => {
      if (count === 0) return;
      const lowerMs = row ? (edgesMs[row - 1] as number) : (edgesMs[0] as number) / 2;
      const top = y(edgesMs[row] as number);
      const over = limitMs !== undefined && lowerMs >= limitMs * 0.98;
      const strength = 0.1 + 0.85 * Math.sqrt(count / most);
      context.globalAlpha = Math.min(1, over ? strength + 0.3 : strength);
      context.fillStyle = over ? outside : inside;
      context.fillRect(left + 0.5, top + 0.5, Math.max(1, cell.columns * columnWidth - 1), Math.max(1, y(lowerMs) - top - 1));
    });
  }
  context.globalAlpha = 1;
}
