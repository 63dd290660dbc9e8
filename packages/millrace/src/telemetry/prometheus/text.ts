import type { HistogramReading, Labels, StatSink, StatSource } from '../../kernel/index.ts';
import { isLabelName, isMetricName } from '../counters/index.ts';

/** The media type of what `prometheusText` returns. */
export const prometheusMediaType = 'text/plain; version=0.0.4; charset=utf-8';

type Kind = 'counter' | 'gauge' | 'histogram';

interface Metric {
  readonly kind: Kind;
  readonly help: string;
  readonly series: Map<string, readonly string[]>;
}

/**
 * The figures of all sources in the Prometheus text format, version 0.0.4. A name or label that Prometheus would refuse, a second metric of the same name but
 * another kind, and a second series with the same labels are left out: one of them would make the whole scrape fail.
 */
export function prometheusText(sources: Iterable<StatSource>, prefix = ''): string {
  const sink = new TextSink(prefix);
  for (const source of sources) source.collect(sink);
  return sink.text();
}

class TextSink implements StatSink {
  readonly #metrics: Map<string, Metric> = new Map();
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  counter(name: string, help: string, value: number, labels?: Labels): void {
    this.#single('counter', name, help, value, labels);
  }

  gauge(name: string, help: string, value: number, labels?: Labels): void {
    this.#single('gauge', name, help, value, labels);
  }

  histogram(name: string, help: string, reading: HistogramReading, bounds: readonly number[], labels: Labels = {}): void {
    const full = this.#prefix + name;
    const words = labelWords(labels);
    const series = this.#seriesOf('histogram', full, help, labels);
    if (!series || series.has(words)) return;
    const inner = words === '' ? '' : `${words},`;
    const buckets = bounds.map((bound) => `${full}_bucket{${inner}le="${number(bound)}"} ${number(reading.countAtOrBelow(bound))}`);
    const outer = words === '' ? '' : `{${words}}`;
    series.set(words, [
      ...buckets,
      `${full}_bucket{${inner}le="+Inf"} ${number(reading.count)}`,
      `${full}_sum${outer} ${number(reading.sum)}`,
      `${full}_count${outer} ${number(reading.count)}`,
    ]);
  }

  text(): string {
    const lines: string[] = [];
    for (const [name, { kind, help, series }] of this.#metrics) {
      if (series.size === 0) continue;
      lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${kind}`);
      for (const one of series.values()) lines.push(...one);
    }
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  }

  #single(kind: Kind, name: string, help: string, value: number, labels: Labels = {}): void {
    const full = this.#prefix + name;
    const words = labelWords(labels);
    const series = this.#seriesOf(kind, full, help, labels);
    if (series && !series.has(words)) series.set(words, [`${full}${words === '' ? '' : `{${words}}`} ${number(value)}`]);
  }

  #seriesOf(kind: Kind, full: string, help: string, labels: Labels): Metric['series'] | undefined {
    if (!isMetricName(full) || !Object.keys(labels).every(isLabelName)) return undefined;
    const metric = this.#metrics.get(full) ?? { kind, help, series: new Map() };
    this.#metrics.set(full, metric);
    return metric.kind === kind ? metric.series : undefined;
  }
}

const labelWords = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join();

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');

const number = (value: number): string => {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
};
