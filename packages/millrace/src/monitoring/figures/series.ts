import type { Histogram } from '../../telemetry/index.ts';
import type { Point, Series } from '../api/schema.ts';
import type { Merged, Range, SystemSlice, WindowStore } from '../windows/index.ts';
import { figuresOf, windowOf } from './requests.ts';
import { perSeam, ratio, rounded, roundedOrZero } from './round.ts';

/** Six rows a decade from 0.1 ms to 100 s. */
export const heatEdgesMs: readonly number[] = [0.1, 1, 10, 100, 1_000, 10_000].flatMap((decade) =>
  [1, 1.5, 2, 3, 5, 7].map((step) => Number((step * decade).toPrecision(2))),
);

export function heatOf(durations: Histogram): number[] {
  const rows = new Array<number>(heatEdgesMs.length).fill(0);
  let row = 0;
  durations.forEach((micros, count) => {
    while (row < rows.length - 1 && micros > (heatEdgesMs[row] as number) * 1000) row++;
    rows[row]! += count;
  });
  return rows;
}

export const hitRatioOf = ({ hits, misses }: SystemSlice): number | null => (hits === null || misses === null ? null : ratio(hits, hits + misses));

/** One step of a series; undefined for a gap. */
function pointOf(merged: Merged, system: SystemSlice, timeMs: number): Point {
  const { ratePerSecond, errorRatio, averageMs, p50Ms, p95Ms, p99Ms } = figuresOf(merged);
  return {
    timeMs,
    ratePerSecond: ratePerSecond ?? 0,
    ...{ errorRatio, averageMs, p50Ms, p95Ms, p99Ms },
    busy: perSeam((_, index) => roundedOrZero((merged.spentSeconds[index] as number) / merged.seconds)),
    cacheHitRatio: hitRatioOf(system),
    poolUsedRatio: rounded(system.poolUsedRatio),
    cpuRatio: rounded(system.cpuRatio),
    memoryRatio: rounded(system.memoryRatio),
    eventLoopDelayP99Ms: rounded(system.loopDelayP99Ms),
    heat: heatOf(merged.durations),
  };
}

/** The newest whole second; undefined when it is a gap or speaks for more than itself. */
export function newestPoint(store: WindowStore): Point | undefined {
  const second = store.newestSecond;
  const merged = store.merged(1_000, second, second + 1);
  if (merged.seconds === 0 || merged.seconds > 1.5) return undefined;
  return pointOf(merged, store.systemOf(1_000, second, second + 1), Math.round(store.wallOfMs(second * 1000)));
}

export function seriesOf(store: WindowStore, range: Range, endpoint?: string): Series {
  const [from, until] = store.stepsOf(range);
  const width = range.stepMs / range.unitMs;
  const starts = Array.from({ length: (until - from) / width }, (_, index) => from + index * width);
  const points = starts.map((start) => {
    const merged = store.merged(range.unitMs, start, start + width, endpoint);
    return merged.seconds === 0 ? undefined : pointOf(merged, store.systemOf(range.unitMs, start, start + width), 0);
  });
  const line = (of: (point: Point) => number | null): (number | null)[] => points.map((point) => (point ? of(point) : null));
  const systemLine = (of: (point: Point) => number | null): (number | null)[] => (endpoint === undefined ? line(of) : []);
  return {
    window: windowOf(store, range),
    stepMs: range.stepMs,
    timesMs: starts.map((start) => Math.round(store.wallOfMs(start * range.unitMs))),
    ratePerSecond: line((point) => point.ratePerSecond),
    errorRatio: line((point) => point.errorRatio),
    averageMs: line((point) => point.averageMs),
    p50Ms: line((point) => point.p50Ms),
    p95Ms: line((point) => point.p95Ms),
    p99Ms: line((point) => point.p99Ms),
    busy: perSeam((seam) => line((point) => point.busy[seam])),
    cacheHitRatio: systemLine((point) => point.cacheHitRatio),
    poolUsedRatio: systemLine((point) => point.poolUsedRatio),
    cpuRatio: systemLine((point) => point.cpuRatio),
    memoryRatio: systemLine((point) => point.memoryRatio),
    eventLoopDelayP99Ms: systemLine((point) => point.eventLoopDelayP99Ms),
    heat: { edgesMs: heatEdgesMs, columns: points.map((point) => point?.heat ?? null) },
  };
}
