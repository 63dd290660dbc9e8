import type { EndpointFigures as Counted, RequestFigures } from '../../telemetry/index.ts';
import type { EndpointFigures, Figures, WindowOf } from '../api/schema.ts';
import type { Merged, Range, WindowStore } from '../windows/index.ts';
import { perSeam, ratio, rounded, roundedOrZero } from './round.ts';

const microsPerMs = 1000;
const msOf = (micros: number): number | null => rounded(micros / microsPerMs);
const mostEndpoints = 200;

export function figuresOf({ seconds, requests, errors, spentSeconds, durations }: Merged): Figures {
  return {
    requests,
    errors,
    ratePerSecond: ratio(requests, seconds),
    ratePerMinute: ratio(requests * 60, seconds),
    errorRatio: ratio(errors, requests),
    averageMs: msOf(durations.mean),
    p50Ms: msOf(durations.quantile(0.5)),
    p95Ms: msOf(durations.quantile(0.95)),
    p99Ms: msOf(durations.quantile(0.99)),
    maxMs: msOf(durations.max),
    busySeconds: perSeam((_, index) => roundedOrZero(spentSeconds[index] as number)),
  };
}

export function windowOf(store: WindowStore, range: Range): WindowOf {
  const [from, until] = store.stepsOf(range);
  return {
    range: range.name,
    fromMs: Math.round(store.wallOfMs(from * range.unitMs)),
    toMs: Math.round(store.wallOfMs(until * range.unitMs)),
    seconds: roundedOrZero(store.secondsOf(range.unitMs, from, until)),
  };
}

export const overallOf = (store: WindowStore, range: Range): Figures => figuresOf(store.merged(range.unitMs, ...store.stepsOf(range)));

/** Endpoints with a request in the range, by total time, most first; at most 200. */
export function endpointsOf(store: WindowStore, requests: RequestFigures, range: Range): EndpointFigures[] {
  const [from, until] = store.stepsOf(range);
  const active = store.activeSince(Math.floor((from * range.unitMs) / 1000));
  const merged = active.flatMap((id) => {
    const counted = requests.endpoint(id);
    const one = counted && store.merged(range.unitMs, from, until, id);
    return one && one.requests > 0 ? [{ counted, one }] : [];
  });
  const total = merged.reduce((sum, { one }) => sum + one.durations.sum, 0);
  return merged
    .sort((a, b) => b.one.durations.sum - a.one.durations.sum)
    .slice(0, mostEndpoints)
    .map(({ counted, one }) => endpointOf(counted, one, total));
}

/** One endpoint, also where it had no request in the range. */
export function oneEndpoint(store: WindowStore, counted: Counted, range: Range): EndpointFigures {
  const steps = store.stepsOf(range);
  return endpointOf(counted, store.merged(range.unitMs, ...steps, counted.id), store.merged(range.unitMs, ...steps).durations.sum);
}

const endpointOf = ({ id, method, route, inFlight }: Counted, one: Merged, totalMicros: number): EndpointFigures => ({
  ...figuresOf(one),
  id,
  method,
  route,
  timeRatio: ratio(one.durations.sum, totalMicros),
  inFlight,
});
