import { useEffect, useMemo, useState } from 'preact/hooks';
import type { RangeName, Series } from '../../../millrace/src/monitoring/api/schema.ts';
import { ask } from '../api/paths.ts';
import { grow } from './grow.ts';
import { newestPoint, service } from './live.ts';
import { sinceStart } from './since-start.ts';
import { type Part, useAnswer } from './use-answer.ts';

const soonestMs = 5_000;
/** How often a history is asked for again: once a step, but no more than every five seconds. A history by the second grows by the stream instead. */
export const seriesPauseMs = (series: Series): number => (series.stepMs <= 1_000 ? 60_000 : Math.max(soonestMs, series.stepMs));

/** The figures of the whole service over a range, up to now. */
export function useSeries(range: RangeName): Part<Series> {
  const asked = useAnswer<Series>(ask.series(range), seriesPauseMs);
  const [grown, setGrown] = useState<{ from: Series; series: Series } | undefined>(undefined);
  const point = newestPoint.value;
  const startedAtMs = service.value?.startedAtMs;
  const current = grown && grown.from === asked.value ? grown.series : asked.value;
  useEffect(() => {
    const from = asked.value;
    if (!from || !point || from.stepMs > 1_000) return;
    setGrown((before) => ({ from, series: grow(before?.from === from ? before.series : from, point) }));
  }, [point, asked.value]);
  return { ...asked, value: useMemo(() => current && sinceStart(current, startedAtMs), [current, startedAtMs]) };
}
