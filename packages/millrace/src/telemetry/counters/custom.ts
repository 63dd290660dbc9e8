import type { Labels, StatSink, StatSource } from '../../kernel/index.ts';
import { MetricError } from '../errors.ts';
import type { Histogram } from '../histogram/index.ts';
import { durationBounds } from './bounds.ts';
import { Counter, counters, type Family, Gauge, gauges, histograms } from './family.ts';

const mostNames = 200;
const valuesPerLabel = 50;
const mostLabels = 5;

interface Custom {
  readonly labels: string;
  readonly family: Family<Counter | Gauge | Histogram>;
}

/**
 * Metrics that users record by name. What a name ends in says what it is: `_total` is added up, `_seconds` is a duration and shown as a
 * distribution, anything else shows its last value. At most 200 names, five labels each, 50 values per label; the rest counts as `other`,
 * and names past the bound are counted in `dropped`.
 */
export class CustomMetrics implements StatSource {
  readonly name = 'custom';
  /** Values that were thrown away because 200 names were in use. */
  dropped = 0;
  readonly #metrics: Map<string, Custom> = new Map();

  /** @throws MILLRACE_METRIC for a wrong name or label, a value that is no finite number, or labels other than the first time. */
  recordMetric(name: string, value: number, labels: Labels = {}): void {
    if (!Number.isFinite(value)) throw new MetricError(name, `its value is ${value}`);
    const custom = this.#metrics.get(name) ?? this.#declare(name, Object.keys(labels).sort());
    if (!custom) {
      this.dropped++;
      return;
    }
    const given = Object.keys(labels).sort().join();
    if (given !== custom.labels) throw new MetricError(name, `its labels are [${custom.labels}], not [${given}]`);
    const child = custom.family.of(labels);
    if (child instanceof Counter) child.add(value);
    else if (child instanceof Gauge) child.set(value);
    else child.record(value * 1_000_000);
  }

  collect(sink: StatSink): void {
    for (const { family } of this.#metrics.values()) family.collect(sink);
    if (this.dropped > 0) sink.counter('millrace_custom_metrics_dropped_total', 'Values dropped because too many metric names were in use', this.dropped);
  }

  #declare(name: string, labels: readonly string[]): Custom | undefined {
    if (this.#metrics.size >= mostNames) return undefined;
    if (labels.length > mostLabels) throw new MetricError(name, `it has ${labels.length} labels, at most ${mostLabels} are kept`);
    const custom = { labels: labels.join(), family: familyFor(name, Object.fromEntries(labels.map((label) => [label, valuesPerLabel]))) };
    this.#metrics.set(name, custom);
    return custom;
  }
}

const familyFor = (name: string, rules: Record<string, number>): Family<Counter | Gauge | Histogram> => {
  const help = 'Recorded by the application';
  if (name.endsWith('_total')) return counters(name, help, rules) as Family<Counter | Gauge | Histogram>;
  if (name.endsWith('_seconds')) return histograms(name, help, rules, durationBounds) as Family<Counter | Gauge | Histogram>;
  return gauges(name, help, rules) as Family<Counter | Gauge | Histogram>;
};
