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
  createLogger,
  jsonLines,
  type LogFields,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  type LogLine,
  type LogSink,
  logLevels,
  longestLineBytes,
  silentLogger,
} from './logs/index.ts';
export { type PinoLike, toPino } from './pino/index.ts';
export { ProcessFigures, type ProcessProbe, type ProcessReading, type ProcessTotals } from './process/index.ts';
export { prometheusMediaType, prometheusText } from './prometheus/index.ts';
export { createRedactor, isSecretName, type PlainBounds, type Redactor, redacted, redactShapes, toPlain } from './redaction/index.ts';
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
