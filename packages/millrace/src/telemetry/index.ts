export {
  Counter,
  CustomMetrics,
  counters,
  durationBounds,
  externalBounds,
  Family,
  Gauge,
  gauges,
  histograms,
  isLabelName,
  isMetricName,
  type LabelRules,
  type LabelsOf,
  otherLabel,
} from './counters/index.ts';
export { ListenerLimitError, MetricError, StoredFormError, telemetryErrors } from './errors.ts';
export { type AnyListener, EventHub, type Listener, type ListenerFailure } from './events/index.ts';
export { Histogram, highestIn, lowestIn } from './histogram/index.ts';
