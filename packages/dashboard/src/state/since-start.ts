import type { PerSeam, SeamName, Series } from '../../../millrace/src/monitoring/api/schema.ts';

/** Fewer points than this are never shown: one bar as wide as the screen would say more than is known. */
const fewestPoints = 12;
const seams: readonly SeamName[] = ['queue', 'cache', 'database', 'external', 'own'];

/** A young service has no past: what lies before its first figure is cut off, so that a page is full soon after a start. Gaps after it stay gaps. */
export function sinceStart(series: Series, startedAtMs: number | undefined): Series {
  if (startedAtMs === undefined) return series;
  const { timesMs, stepMs, heat } = series;
  const first = timesMs.findIndex((at, index) => at + stepMs > startedAtMs || series.ratePerSecond[index] !== null);
  const from = Math.min(first < 0 ? timesMs.length : first, timesMs.length - fewestPoints);
  if (from <= 0) return series;
  const cut = <V>(list: readonly V[]): readonly V[] => list.slice(from);
  return {
    ...series,
    timesMs: cut(timesMs),
    ratePerSecond: cut(series.ratePerSecond),
    errorRatio: cut(series.errorRatio),
    averageMs: cut(series.averageMs),
    p50Ms: cut(series.p50Ms),
    p95Ms: cut(series.p95Ms),
    p99Ms: cut(series.p99Ms),
    busy: Object.fromEntries(seams.map((seam) => [seam, cut(series.busy[seam])])) as PerSeam<readonly (number | null)[]>,
    cacheHitRatio: cut(series.cacheHitRatio),
    poolUsedRatio: cut(series.poolUsedRatio),
    cpuRatio: cut(series.cpuRatio),
    memoryRatio: cut(series.memoryRatio),
    eventLoopDelayP99Ms: cut(series.eventLoopDelayP99Ms),
    heat: { edgesMs: heat.edgesMs, columns: cut(heat.columns) },
  };
}
