import type { FastifyInstance, FastifyRequest, RouteOptions as FastifyRoute } from 'fastify';
import { planOf, type RoutePlan } from '../context/index.ts';

const planKey: unique symbol = Symbol('millrace.plan');
type Config = Record<PropertyKey, unknown> & { [planKey]?: RoutePlan };

const unmatched: Map<string, RoutePlan> = new Map();

/** Works out each route's plan when it is registered, so that a wrong word stops the start and no request looks anything up. */
export function keepPlans(app: FastifyInstance): void {
  app.addHook('onRoute', (route: FastifyRoute) => {
    const method = Array.isArray(route.method) ? route.method.join(',') : route.method;
    const plan = planOf(method, route.url, route.config?.millrace);
    const config: Config = { ...route.config, [planKey]: plan };
    route.config = config as NonNullable<FastifyRoute['config']>;
  });
}

/** The plan of the route a request was matched to; one per method where there was none. */
export function planFor(request: FastifyRequest): RoutePlan {
  const config: Config | undefined = request.routeOptions.config as unknown as Config | undefined;
  const plan = config?.[planKey];
  return plan ?? unmatchedPlan(request.method);
}

function unmatchedPlan(method: string): RoutePlan {
  const known = unmatched.get(method);
  if (known) return known;
  const plan = planOf(method, undefined);
  if (unmatched.size < 50) unmatched.set(method, plan);
  return plan;
}
