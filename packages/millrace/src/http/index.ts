export { Exchange, planOf, RequestIdentity, type RouteOptions, type RoutePlan, Traffic } from './context/index.ts';
export {
  ConflictError,
  type FieldProblem,
  HeaderError,
  httpErrors,
  InvalidInputError,
  type LimitName,
  MalformedRequestError,
  NotFoundError,
  RequestLimitError,
  UnavailableError,
} from './errors.ts';
export type { HttpEvents } from './events.ts';
export { checkedHeaders } from './headers/index.ts';
export type { HttpFace, HttpHost, HttpPorts, MountedEndpoint } from './host.ts';
export type { RequestLimits } from './limits/index.ts';
export { type Problem, problemOf, problemType } from './problem/index.ts';
export { Drain, type Listening } from './stop/index.ts';
