import type { FastifyInstance } from 'fastify';
import type { ReadLimits } from '../limits/index.ts';

/** Late by at most this much, ms: how often connections are looked at that have not sent their request. */
const longestCheckMs = 1000;

/**
 * Time limits of the server itself. Node looks every 30 s by default, which would make a limit of 10 s one of 40; the interval is read when the
 * server begins to listen.
 */
export function limitConnections(app: FastifyInstance, { headerTimeoutMs, requestTimeoutMs }: ReadLimits): void {
  const { server } = app;
  server.headersTimeout = headerTimeoutMs;
  server.requestTimeout = Math.max(headerTimeoutMs, requestTimeoutMs);
  Reflect.set(server, 'connectionsCheckingInterval', Math.min(longestCheckMs, Math.ceil(headerTimeoutMs / 2)));
}
