import type { JSX } from 'preact';
import { axisTime } from '../format/time.ts';
import type { Frame } from './plot.tsx';
import { timeTicks } from './scale.ts';

/** Something that happened at a moment: an alert, a new version. */
export interface Mark {
  readonly atMs: number;
  readonly label: string;
  readonly token: 'text-3' | 'high' | 'good';
}

interface TimeAxisProps {
  readonly frame: Frame;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Moments below a plot: hours and minutes, with the day where the range is longer than one. */
export function TimeAxis({ frame, fromMs, toMs }: TimeAxisProps): JSX.Element {
  const inner = frame.width - frame.left - frame.right;
  const text = axisTime(toMs - fromMs);
  const labelPx = text(fromMs).length * 6;
  const ticks = timeTicks(fromMs, toMs, Math.max(2, Math.floor(inner / (labelPx + 40))));
  const half = labelPx / 2 + 2;
  return (
    <g>
      {ticks.map((at) => {
        const x = frame.left + ((at - fromMs) / (toMs - fromMs || 1)) * inner;
        if (x < frame.left + half - 8 || x > frame.width - half) return null;
        return (
          <text key={at} x={x} y={frame.height - 5} text-anchor="middle">
            {text(at)}
          </text>
        );
      })}
    </g>
  );
}

/** Lines across, with what they stand for at their left end. */
export const ValueAxis = ({
  frame,
  ticks,
  y,
  text,
}: {
  frame: Frame;
  ticks: readonly number[];
  y: (value: number) => number;
  text: (value: number) => string;
}) => (
  <g>
    {ticks.map((value) => (
      <g key={value}>
        <path d={`M${frame.left} ${y(value)}H${frame.width - frame.right}`} stroke="var(--grid)" />
        <text x={frame.left - 8} y={y(value) + 4} text-anchor="end">
          {text(value)}
        </text>
      </g>
    ))}
  </g>
);

/** The limit: a dashed line that says what it is. */
export const LimitLine = ({ frame, y, text }: { frame: Frame; y: number; text: string }): JSX.Element => (
  <g>
    <path class="limit" d={`M${frame.left} ${y}H${frame.width - frame.right}`} />
    <text class="limit-label on-plot" x={frame.left + 6} y={y - 5}>
      {text}
    </text>
  </g>
);

/** What happened, as upright lines with a word above them. */
export const Marks = ({ frame, marks, fromMs, toMs }: TimeAxisProps & { marks: readonly Mark[] }): JSX.Element => (
  <g>
    {marks
      .filter((mark) => mark.atMs >= fromMs && mark.atMs <= toMs)
      .map((mark) => {
        const x = frame.left + ((mark.atMs - fromMs) / (toMs - fromMs || 1)) * (frame.width - frame.left - frame.right);
        const atRight = x > frame.width - frame.right - 60;
        return (
          <g key={`${mark.atMs} ${mark.label}`}>
            <path d={`M${x} ${frame.top - 2}V${frame.height - frame.bottom}`} stroke={`var(--${mark.token})`} opacity="0.7" />
            <text
              class="label on-plot"
              x={x + (atRight ? -4 : 4)}
              y={frame.top - 4}
              text-anchor={atRight ? 'end' : 'start'}
              style={{ fill: `var(--${mark.token})` }}
            >
              {mark.label}
            </text>
          </g>
        );
      })}
  </g>
);
