export {
  BoundedMap,
  type BoundedMapOptions,
  type BoundedMapStats,
  EvictionQueue,
  hashOf,
  type MapKey,
  none,
  type QueueLimits,
  type RemovalReason,
  resized,
  type SlotOwner,
} from './bounded-map/index.ts';
export { type Call, compose, type Layer } from './call.ts';
export { type Clock, DeadlineEntry, everyMs, sleep } from './clock.ts';
export { AbortLink, CallContext, type CallIdentity, type Narrowing } from './context/context.ts';
export { type Priority, type PriorityName, priorities, priorityOf } from './context/priority.ts';
export { type CallOptions, contextOf, type RootOptions, rootContext } from './context/root.ts';
export { Cron, CronProblem } from './cron/cron.ts';
export { type Endpoint, type EndpointRequest, type EndpointResponse, encodeEvent, eventStreamHeartbeat, type ServerSentEvent } from './endpoint.ts';
export {
  AbortedError,
  ConfigError,
  type ConfigProblem,
  DeadlineError,
  type ErrorCatalogue,
  type ErrorCode,
  type ErrorEntry,
  isMillraceError,
  kernelErrors,
  LifecycleError,
  MillraceError,
  messageOf,
  StoppedError,
} from './errors.ts';
export { type Lifecycle, type Step, startInOrder, stopInOrder } from './lifecycle.ts';
export { nearest } from './options/nearest.ts';
export { type Resolved, resolveOptions, show } from './options/resolve.ts';
export { duration, flag, integer, oneOf, passed, type Rule, type Rules, ratio, required, size, text } from './options/rules.ts';
export {
  type ByteSize,
  type Duration,
  durationMs,
  durationWords,
  formatDuration,
  formatSize,
  parseDuration,
  parseSize,
  sizeWords,
} from './options/units.ts';
export {
  type EventSink,
  type HealthCheck,
  type HealthReport,
  type HealthState,
  type HistogramReading,
  type Ids,
  type Labels,
  type Random,
  type Recorder,
  type Schedule,
  type Seam,
  type StatSink,
  type StatSource,
  type StepOutcome,
  type System,
  silent,
} from './ports.ts';
export { currentContext, enterContext, runInContext, system } from './system/index.ts';
