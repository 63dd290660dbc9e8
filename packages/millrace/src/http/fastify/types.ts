import type { CallContext } from '../../kernel/index.ts';
import type { RouteOptions } from '../context/index.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What this route says to Millrace: `timeout`, `slow`, `priority`, `stream`. */
    millrace?: RouteOptions | undefined;
  }
  interface FastifyRequest {
    /** The context of this request: deadline, abort, trace, priority. A valid `CallOptions` for every call of Millrace. */
    call: CallContext;
    /** Names who asks, once somebody has authenticated it: a user, tenant or key id. It goes into logs, never into a metric. */
    setCaller(name: string): void;
  }
}

export type { RouteOptions as MillraceRouteOptions } from '../context/index.ts';
