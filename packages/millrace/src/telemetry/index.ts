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
export {
  type Ending,
  EndpointFigures,
  endpointId,
  type FinishedRequest,
  mostSteps,
  RequestFigures,
  type RequestFiguresOptions,
  type RequestSample,
  type SampledStep,
  type SampleReason,
  seams,
  WatchedRequest,
} from './requests/index.ts';
