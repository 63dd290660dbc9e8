import type { Labels, StatSink, StatSource } from '../../kernel/index.ts';
import { MetricError } from '../errors.ts';
import { Histogram } from '../histogram/index.ts';
import { requireNames } from './names.ts';

/** Per label either the values there can be, or how many different ones are kept (the first that come). Any other value counts as `other`. */
export type LabelRules = Readonly<Record<string, readonly string[] | number>>;
export type LabelsOf<Rules extends LabelRules> = { readonly [Label in keyof Rules]: string };

/** Where a value that is not declared, or comes after the bound is reached, is counted. */
export const otherLabel = 'other';

/** Only grows. Keep what `of` returns and add to it: that is one field. */
export class Counter {
  value = 0;
  add(by = 1): void {
    if (by > 0) this.value += by;
  }
}

/** Goes up and down. */
export class Gauge {
  value = 0;
  set(to: number): void {
    this.value = to;
  }
  add(by: number): void {
    this.value += by;
  }
}

type Read<Child> = (sink: StatSink, name: string, help: string, child: Child, labels: Labels) => void;

/**
 * One metric with its labels, and a child for each combination that occurred. The number of combinations is bounded by the rules:
 * a route or a tier is a label, a key or an id never.
 */
export class Family<Child, Rules extends LabelRules = LabelRules> implements StatSource {
  readonly name: string;
  readonly #help: string;
  readonly #rules: Rules;
  readonly #make: () => Child;
  readonly #read: Read<Child>;
  readonly #children: Map<string, { readonly labels: Labels; readonly child: Child }> = new Map();
  readonly #met: Map<string, Set<string>> = new Map();

  /** @internal Use `counters`, `gauges` or `histograms`. */
  constructor(name: string, help: string, rules: Rules, make: () => Child, read: Read<Child>) {
    requireNames(name, Object.keys(rules));
    this.name = name;
    this.#help = help;
    this.#rules = rules;
    this.#make = make;
    this.#read = read;
  }

  /** The child for these labels: look it up once and keep it. @throws MILLRACE_METRIC when a label is missing. */
  of(given: LabelsOf<Rules>): Child {
    const labels: Record<string, string> = {};
    for (const label of Object.keys(this.#rules)) labels[label] = this.#allowed(label, given[label]);
    const key = JSON.stringify(Object.values(labels));
    const present = this.#children.get(key);
    if (present) return present.child;
    const child = this.#make();
    this.#children.set(key, { labels, child });
    return child;
  }

  collect(sink: StatSink): void {
    for (const { labels, child } of this.#children.values()) this.#read(sink, this.name, this.#help, child, labels);
  }

  #allowed(label: string, value: string | undefined): string {
    if (value === undefined) throw new MetricError(this.name, `the label ${label} is missing`);
    const rule = this.#rules[label] as readonly string[] | number;
    if (typeof rule !== 'number') return rule.includes(value) ? value : otherLabel;
    const met = this.#met.get(label) ?? new Set();
    this.#met.set(label, met);
    if (!met.has(value) && met.size >= rule) return otherLabel;
    met.add(value);
    return value;
  }
}

export const counters = <const Rules extends LabelRules>(name: string, help: string, rules: Rules): Family<Counter, Rules> =>
  new Family(
    name,
    help,
    rules,
    () => new Counter(),
    (sink, metric, words, { value }, labels) => sink.counter(metric, words, value, labels),
  );

export const gauges = <const Rules extends LabelRules>(name: string, help: string, rules: Rules): Family<Gauge, Rules> =>
  new Family(
    name,
    help,
    rules,
    () => new Gauge(),
    (sink, metric, words, { value }, labels) => sink.gauge(metric, words, value, labels),
  );

/** Durations: recorded in microseconds, shown in seconds at `bounds` (seconds, ascending). */
export const histograms = <const Rules extends LabelRules>(name: string, help: string, rules: Rules, bounds: readonly number[]): Family<Histogram, Rules> =>
  new Family(
    name,
    help,
    rules,
    () => new Histogram(),
    (sink, metric, words, child, labels) => sink.histogram(metric, words, child.inSeconds(), bounds, labels),
  );
