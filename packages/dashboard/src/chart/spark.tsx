import type { JSX } from 'preact';
import { memo } from './memo.ts';
import { runs } from './scale.ts';

export type SparkTone = 'accent' | 'warn' | 'high' | 'text-3';

const width = 160;
const height = 28;

interface SparkProps {
  readonly values: readonly (number | null)[];
  readonly tone: SparkTone;
  /** Drawn where it lies near the line. */
  readonly limit?: number | undefined;
}

/** A small line without axes: shape only, the figure stands above it. It starts at the lowest value, not at 0, and therefore never carries a scale. */
export const Spark = memo(({ values, tone, limit }: SparkProps): JSX.Element => {
  const known = values.filter((value) => value !== null);
  const most = Math.max(...known, 0);
  const limitShown = limit !== undefined && most > 0 && limit < most * 1.5 && limit > 0;
  const high = Math.max(most, limitShown ? limit : 0) * 1.04 || 1;
  const low = Math.min(...(known.length ? known : [0]), high) * 0.92;
  const x = (index: number): number => (index / Math.max(1, values.length - 1)) * width;
  const y = (value: number): number => height - 1 - ((value - low) / (high - low || 1)) * (height - 3);
  const colour = `var(--${tone})`;
  const parts = runs(values).filter(([from, to]) => to > from);
  const line = ([from, to]: readonly [number, number]): string =>
    Array.from({ length: to - from + 1 }, (_, k) => `${k ? 'L' : 'M'}${x(from + k).toFixed(1)} ${y(values[from + k] as number).toFixed(1)}`).join('');
  return (
    <svg class="spark" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      {limitShown ? (
        <path d={`M0 ${y(limit)}H${width}`} stroke="var(--text-3)" stroke-dasharray="3 3" vector-effect="non-scaling-stroke" opacity="0.8" />
      ) : null}
      {parts.map((part) => (
        <g key={part[0]}>
          <path d={`${line(part)}L${x(part[1])} ${height}L${x(part[0])} ${height}Z`} fill={colour} opacity="0.09" />
          <path d={line(part)} fill="none" stroke={colour} stroke-width="1.5" stroke-linejoin="round" vector-effect="non-scaling-stroke" />
        </g>
      ))}
    </svg>
  );
});
