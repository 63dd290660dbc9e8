import type { FastifyInstance, RouteOptions as FastifyRoute } from 'fastify';
import { RequestLimitError } from '../errors.ts';
import { isDeeperThan, type ReadLimits } from '../limits/index.ts';

/** Bodies: no longer and no deeper than the limits, and without the names that reach an object's prototype. */
export function guardBodies(app: FastifyInstance, limits: ReadLimits): void {
  const { onProtoPoisoning = 'error', onConstructorPoisoning = 'error' } = app.initialConfig;
  const parse = app.getDefaultJsonParser(onProtoPoisoning, onConstructorPoisoning);
  app.addHook('onRoute', (route: FastifyRoute) => {
    route.bodyLimit ??= limits.bodyBytes;
  });
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    if (isDeeperThan(body, limits.depth)) done(new RequestLimitError('depth', limits.depth));
    else void parse(request, body, done); // it answers through `done`
  });
}
