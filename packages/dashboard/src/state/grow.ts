import type { PerSeam, Point, SeamName, Series } from '../../../millrace/src/monitoring/api/schema.ts';

const seams: readonly SeamName[] = ['queue', 'cache', 'database', 'external', 'own'];
const lines = [
  'ratePerSecond',
  'errorRatio',
  'averageMs',
  'p50Ms',
  'p95Ms',
  'p99Ms',
  'cacheHitRatio',
  'poolUsedRatio',
  'cpuRatio',
  'memoryRatio',
  'eventLoopDelayP99Ms',
] as const satisfies readonly (keyof Series & keyof Point)[];

/** A history with one more second. Seconds that were missed become a gap; as many as come are taken away at its old end. */
export function grow(series: Series, point: Point): Series {
  const last = series.timesMs.at(-1);
  if (last === undefined || point.timeMs <= last) return series;
  const missed = Math.min(series.timesMs.length, Math.round((point.timeMs - last) / series.stepMs) - 1);
  const add = <V>(list: readonly V[], value: V | null): readonly (V | null)[] => [
    ...list.slice(missed + 1),
    ...Array.from({ length: missed }, () => null),
    value,
  ];
  const times = [...series.timesMs.slice(missed + 1), ...Array.from({ length: missed }, (_, k) => last + (k + 1) * series.stepMs), point.timeMs];
  const next = Object.fromEntries(lines.map((name) => [name, add(series[name], point[name])])) as Pick<Series, (typeof lines)[number]>;
  const busy = Object.fromEntries(seams.map((seam) => [seam, add(series.busy[seam], point.busy[seam])])) as PerSeam<readonly (number | null)[]>;
  return { ...series, ...next, timesMs: times, busy, heat: { edgesMs: series.heat.edgesMs, columns: add(series.heat.columns, point.heat) } };
}
