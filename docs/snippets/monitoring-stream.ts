import type { Snapshot, Tick } from 'millrace/monitoring';

/** The newest rate, live. A browser's EventSource names the last id it saw by itself when it comes back. */
export function watchRate(show: (perSecond: number | null) => void): () => void {
  const stream = new EventSource('/performance/events');
  const on = <Slice>(name: string, use: (slice: Slice) => void): void =>
    stream.addEventListener(name, (event) => use(JSON.parse((event as Event & { readonly data: string }).data) as Slice));
  on<Snapshot>('snapshot', ({ metrics }) => show(metrics.overall.ratePerSecond));
  on<Tick>('tick', ({ overall }) => {
    if (overall) show(overall.ratePerSecond);
  });
  return () => stream.close();
}
