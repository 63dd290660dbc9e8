import { Histogram } from '../../telemetry/index.ts';

/** What happened within one step of time (a second, a minute) to a set of requests. */
export interface Slice {
  /** How much of the step has figures. */
  readonly seconds: number;
  readonly requests: number;
  readonly errors: number;
  /** Per seam, in the order of `seams`. */
  readonly spentSeconds: Float64Array;
  /** Stored form of the durations in microseconds. */
  readonly durations: Uint8Array;
}

/** What else a second of the process says. `null`: nothing was there to measure. Counts are those of the step. */
export interface SystemSlice {
  readonly hits: number | null;
  readonly misses: number | null;
  readonly statements: number | null;
  readonly statementMs: number | null;
  readonly slowStatements: number | null;
  readonly connectionErrors: number | null;
  readonly poolUsedRatio: number | null;
  readonly cpuRatio: number | null;
  readonly memoryRatio: number | null;
  readonly loopDelayP99Ms: number | null;
}

/** Several slices as one: counts added, histograms merged. */
export interface Merged {
  seconds: number;
  requests: number;
  errors: number;
  readonly spentSeconds: Float64Array;
  readonly durations: Histogram;
}

export const nothingMerged = (): Merged => ({ seconds: 0, requests: 0, errors: 0, spentSeconds: new Float64Array(5), durations: new Histogram() });

export function mergeInto(into: Merged, slice: Slice): void {
  into.seconds += slice.seconds;
  into.requests += slice.requests;
  into.errors += slice.errors;
  for (let seam = 0; seam < 5; seam++) into.spentSeconds[seam]! += slice.spentSeconds[seam] as number;
  if (slice.requests > 0) into.durations.mergeBytes(slice.durations);
}

export const sliceOf = ({ seconds, requests, errors, spentSeconds, durations }: Merged): Slice => ({
  seconds,
  requests,
  errors,
  spentSeconds: spentSeconds.slice(),
  durations: durations.toBytes(),
});

const sums = ['hits', 'misses', 'statements', 'statementMs', 'slowStatements', 'connectionErrors'] as const;
const means = ['poolUsedRatio', 'cpuRatio', 'memoryRatio'] as const;

/** Counts add up, levels are averaged, of the delay the worst stays. */
export function mergeSystem(slices: readonly SystemSlice[]): SystemSlice {
  const of = (name: keyof SystemSlice): number[] => slices.map((slice) => slice[name]).filter((value) => value !== null);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const orNull = (values: readonly number[], fold: (values: readonly number[]) => number): number | null => (values.length === 0 ? null : fold(values));
  return Object.fromEntries([
    ...sums.map((name) => [name, orNull(of(name), sum)]),
    ...means.map((name) => [name, orNull(of(name), (values) => sum(values) / values.length)]),
    ['loopDelayP99Ms', orNull(of('loopDelayP99Ms'), (values) => Math.max(...values))],
  ]) as unknown as SystemSlice;
}
