import { MetricError } from '../errors.ts';

const metricName = /^[a-zA-Z_][a-zA-Z0-9_]{0,199}$/;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]{0,99}$/;
/** `le` and `quantile` are Prometheus's own; two underscores in front are for its insides. */
const taken = new Set(['le', 'quantile']);

export const isMetricName = (name: string): boolean => metricName.test(name);
export const isLabelName = (name: string): boolean => labelName.test(name) && !name.startsWith('__') && !taken.has(name);

/** @throws MILLRACE_METRIC when Prometheus would refuse the name or one of the labels. */
export function requireNames(name: string, labels: readonly string[]): void {
  if (!isMetricName(name)) throw new MetricError(name, 'a name is letters, digits and _, at most 200, and begins with no digit');
  const wrong = labels.find((label) => !isLabelName(label));
  if (wrong !== undefined) throw new MetricError(name, `${JSON.stringify(wrong.slice(0, 100))} is not a label name`);
}
