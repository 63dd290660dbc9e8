export { Exchange } from './exchange.ts';
export { RequestIdentity } from './identity.ts';
export { planOf, type RouteOptions, type RoutePlan } from './plan.ts';
export { acceptedRequestId } from './request-id.ts';
export { requestedTimeoutMs } from './requested-timeout.ts';
export { formatTraceparent, parseTraceparent, type TraceParent } from './traceparent.ts';
export { Traffic } from './traffic.ts';
