import type { Figure, FigureResult, Goal } from './figure.ts';

const units: Readonly<Record<string, string>> = {
  nsPerOp: 'ns',
  cpuNsPerOp: 'ns CPU',
  usPerOp: 'µs',
  ms: 'ms',
  meanMs: 'ms on average',
  p50Ms: 'ms p50',
  p99Ms: 'ms p99',
  requestsPerSecond: 'requests/s',
  rowsPerSecond: 'rows/s',
  opsPerSecond: 'ops/s',
};

export const withUnit = (value: number, metric: string): string => `${short(value)} ${units[metric] ?? metric}`;

/** Three figures, without an exponent. */
export const short = (value: number): string => Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 4 });

export function goalWords(goal: Goal | undefined, metric: string): string {
  if (!goal) return 'none';
  const sign = goal.direction === 'atLeast' ? '≥' : '≤';
  const parts = [
    goal.ratio === undefined ? undefined : `${sign} ${short(goal.ratio)}×`,
    goal.value === undefined ? undefined : `${sign} ${withUnit(goal.value, metric)}`,
  ];
  return parts.filter((one) => one !== undefined).join(' and ');
}

export function measuredWords({ measured, metric, ours, peer, baseline }: FigureResult): string {
  const { ratio, ratioLow, ratioHigh } = measured;
  const off = baseline === undefined || measured.baseline === undefined ? '' : `, less ${withUnit(measured.baseline, metric)} (${baseline})`;
  return `${short(ratio)}× [${short(ratioLow)}, ${short(ratioHigh)}] – ${withUnit(measured.ours, metric)} (${ours}) against ${withUnit(measured.peer, metric)} (${peer})${off}`;
}

export const metWords = (met: boolean | undefined): string => (met === undefined ? '–' : met ? 'yes' : 'NO');

export const figureLine = (one: FigureResult): string => `${one.id} | ${goalWords(one.goal, one.metric)} | ${measuredWords(one)} | ${metWords(one.met)}`;

export const unmeasuredLine = ({ id, goal, metric }: Figure): string => `${id} | ${goalWords(goal, metric)} | not measured | ${goal ? 'NO' : '–'}`;
