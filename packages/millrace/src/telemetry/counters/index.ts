export { durationBounds, externalBounds } from './bounds.ts';
export { CustomMetrics } from './custom.ts';
export { Counter, counters, Family, Gauge, gauges, histograms, type LabelRules, type LabelsOf, otherLabel } from './family.ts';
export { isLabelName, isMetricName } from './names.ts';
