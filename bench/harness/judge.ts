import type { Figure, FigureResult, Goal, Reading } from './figure.ts';
import { median, medianInterval, pairedRatios } from './statistics.ts';

export type Measured = FigureResult['measured'];

/** From the readings of every round to one figure. */
export function measure(figure: Figure, rounds: Readonly<Record<string, readonly Reading[]>>): Measured {
  const of = (side: string): number[] =>
    (rounds[side] ?? []).map((reading) => {
      const value = reading[figure.metric];
      if (value === undefined || !Number.isFinite(value)) throw new Error(`${figure.id}: ${side} reported no ${figure.metric}`);
      return value;
    });
  const ours = of(figure.ours);
  const peer = of(figure.peer);
  const baseline = figure.baseline === undefined ? undefined : of(figure.baseline);
  const ratios = pairedRatios(ours, peer, baseline);
  const { low, high } = medianInterval(ratios);
  return {
    ratio: round4(median(ratios)),
    ratioLow: round4(low),
    ratioHigh: round4(high),
    ours: round4(median(ours)),
    peer: round4(median(peer)),
    ...(baseline ? { baseline: round4(median(baseline)) } : {}),
    rounds: ours.length,
  };
}

/** Whether the goal is reached by the median; undefined where none was set. */
export function isMet(goal: Goal | undefined, { ratio, ours }: Pick<Measured, 'ratio' | 'ours'>): boolean | undefined {
  if (!goal) return undefined;
  const reaches = (measured: number, asked: number): boolean => (goal.direction === 'atLeast' ? measured >= asked : measured <= asked);
  return (goal.ratio === undefined || reaches(ratio, goal.ratio)) && (goal.value === undefined || reaches(ours, goal.value));
}

/** Four significant figures: more would be noise written down. */
export const round4 = (value: number): number => Number(value.toPrecision(4));
