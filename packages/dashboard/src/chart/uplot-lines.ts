import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { axisTime } from '../format/time.ts';
import { colourOf } from './colours.ts';
import { timeTicks, valueTicks } from './scale.ts';

/** The one place that knows the chart library: it draws lines and axes, nothing else of it is used. */

export interface Line {
  readonly name: string;
  readonly token: string;
  readonly dashed?: boolean | undefined;
  readonly values: readonly (number | null)[];
}

export interface LinesHandle {
  update(timesMs: readonly number[], lines: readonly Line[]): void;
  destroy(): void;
}

interface LinesOptions {
  readonly timesMs: readonly number[];
  readonly lines: readonly Line[];
  readonly limit?: { readonly value: number; readonly text: string } | undefined;
  readonly axisText: (value: number) => string;
  readonly width: number;
  readonly height: number;
  readonly margins: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
}

const font = '11px Inter, system-ui, sans-serif';

export function drawLines(host: HTMLElement, options: LinesOptions): LinesHandle {
  const { lines, limit, margins } = options;
  const chart = new uPlot(
    {
      width: options.width,
      height: options.height,
      padding: [margins.top, margins.right, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false }, y: { range: (_chart, _low, high) => [0, valueTicks(Math.max(high || 0, nearLimit(high, limit?.value)), 4).at(-1) ?? 1] } },
      axes: [timeAxis(options), valueAxis(options)],
      series: [{}, ...lines.map(series)],
      hooks: { draw: limit ? [(drawn) => drawLimit(drawn, limit)] : [] },
    },
    dataOf(options.timesMs, lines),
    host,
  );
  return { update: (timesMs, next) => chart.setData(dataOf(timesMs, next)), destroy: () => chart.destroy() };
}

/** A limit far above everything would flatten the lines; it is drawn where it lies within reach. */
const nearLimit = (high: number | null, limit: number | undefined): number => (limit !== undefined && limit < (high ?? 0) * 3 ? limit * 1.05 : 0);

const dataOf = (timesMs: readonly number[], lines: readonly Line[]): uPlot.AlignedData => [[...timesMs], ...lines.map((line) => [...line.values])];

const series = (line: Line, index: number): uPlot.Series => ({
  stroke: colourOf(line.token),
  width: 1.5,
  points: { show: false },
  spanGaps: false,
  ...(line.dashed ? { dash: [4, 3] } : {}),
  ...(index === 0 && !line.dashed ? { fill: colourOf(line.token).replace('rgb(', 'rgba(').replace(')', ', 0.08)') } : {}),
});

const axis = (): Partial<uPlot.Axis> => ({ font, stroke: colourOf('text-3'), ticks: { show: false }, border: { show: false } });

const timeAxis = ({ width, margins }: LinesOptions): uPlot.Axis => ({
  ...axis(),
  size: margins.bottom,
  gap: 6,
  grid: { show: false },
  splits: (_chart, _axis, from, to) => {
    const halfLabel = ((to - from) * 18) / Math.max(1, width - margins.left - margins.right);
    return timeTicks(from, to, Math.max(2, Math.floor((width - margins.left) / 72))).filter(
      (at) => at <= to - halfLabel + ((to - from) * margins.right) / width,
    );
  },
  values: (chart, splits) => splits.map(axisTime((chart.scales['x']?.max ?? 0) - (chart.scales['x']?.min ?? 0))),
});

const valueAxis = ({ margins, axisText }: LinesOptions): uPlot.Axis => ({
  ...axis(),
  size: margins.left,
  gap: 8,
  grid: { stroke: colourOf('grid'), width: 1 },
  splits: (_chart, _axis, _from, to) => [...valueTicks(to, 4)],
  values: (_chart, splits) => splits.map(axisText),
});

function drawLimit({ ctx, bbox, scales, valToPos }: uPlot, { value, text }: { value: number; text: string }): void {
  if (value > (scales['y']?.max ?? 0)) return;
  const y = valToPos(value, 'y', true);
  const ratio = devicePixelRatio || 1;
  ctx.save();
  ctx.strokeStyle = colourOf('high');
  ctx.fillStyle = colourOf('high');
  ctx.lineWidth = ratio;
  ctx.setLineDash([4 * ratio, 3 * ratio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.font = `500 ${11 * ratio}px Inter, system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.strokeStyle = colourOf('surface');
  ctx.lineWidth = 4 * ratio;
  ctx.lineJoin = 'round';
  ctx.strokeText(text, bbox.left + 6 * ratio, y - 5 * ratio);
  ctx.fillText(text, bbox.left + 6 * ratio, y - 5 * ratio);
  ctx.restore();
}
