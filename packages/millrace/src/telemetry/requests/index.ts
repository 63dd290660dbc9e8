export { EndpointFigures, endpointId } from './endpoint-figures.ts';
export type { RequestFiguresOptions } from './options.ts';
export { type Ending, type FinishedRequest, RequestFigures, WatchedRequest } from './request-figures.ts';
export type { RequestSample, SampledStep, SampleReason } from './samples.ts';
export { mostSteps, seams } from './steps.ts';
