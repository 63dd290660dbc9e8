import './types.ts';

export {
  ConflictError,
  type FieldProblem,
  HeaderError,
  InvalidInputError,
  MalformedRequestError,
  NotFoundError,
  RequestLimitError,
  UnavailableError,
} from '../errors.ts';
export type { HttpEvents } from '../events.ts';
export type { HttpFace, HttpHost, HttpPorts, MountedEndpoint } from '../host.ts';
export type { RequestLimits } from '../limits/index.ts';
export type { Problem } from '../problem/index.ts';
export type { MillraceFastifyOptions } from './options.ts';
export { millraceFastify } from './plugin.ts';
export { millraceServer } from './server-options.ts';
export type { MillraceRouteOptions } from './types.ts';
