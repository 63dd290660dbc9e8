import type { CallContext, Endpoint, EndpointRequest, EndpointResponse } from '../../kernel/index.ts';
import { createRedactor, type Redactor } from '../../telemetry/index.ts';
import { PerformanceRequestError } from '../errors.ts';
import type { Guard } from '../guard/index.ts';
import { problem } from './answers.ts';

/** Parts of the path after the route's own words: the id in `alerts/:id/resolve`. */
export type Handler = (request: EndpointRequest, id: string, context: CallContext) => EndpointResponse | Promise<EndpointResponse>;

export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST';
  /** Without a leading slash; `:id` stands for one part, `*` at the end for the rest. */
  readonly path: string;
  readonly handle: Handler;
}

const longestPath = 500;

export interface RouterOptions {
  readonly routes: readonly Route[];
  readonly guard: Guard;
  readonly redactor?: Redactor | undefined;
  /** An error nobody foresaw: its words are not in the answer. */
  readonly onFailure: (error: unknown) => void;
}

/** The paths of monitoring as one endpoint. Whatever is not a GET passes the guard before anything else is looked at. */
export function router({ routes, guard, redactor = createRedactor(), onFailure }: RouterOptions): Endpoint {
  return async (request, context) => {
    try {
      const { path, method } = request;
      const found = path.length <= longestPath ? routes.flatMap((route) => match(route, path)) : [];
      if (found.length === 0) throw new PerformanceRequestError('MILLRACE_PERFORMANCE_NOT_FOUND', 'There is no such path here.');
      const asked = method === 'HEAD' ? 'GET' : method;
      const hit = found.find(({ route }) => route.method === asked);
      if (!hit) return notAllowed(found, context, redactor);
      if (hit.route.method !== 'GET') guard.admit(request);
      return withoutBody(method, await hit.route.handle(request, hit.id, context));
    } catch (error) {
      const answer = problem(error, context, redactor);
      if (answer.status === 500) onFailure(error);
      return answer;
    }
  };
}

interface Match {
  readonly route: Route;
  readonly id: string;
}

const notAllowed = (found: readonly Match[], context: CallContext, redactor: Redactor): EndpointResponse => {
  const allow = [...new Set(found.map(({ route }) => route.method))].join(', ');
  return problem(new PerformanceRequestError('MILLRACE_PERFORMANCE_METHOD', `This path takes ${allow}.`), context, redactor, { allow });
};

const withoutBody = (method: string, { status, headers, body }: EndpointResponse): EndpointResponse => {
  if (method !== 'HEAD') return { status, headers, body };
  // A stream that nobody will read must not stay open.
  if (typeof body === 'object' && Symbol.asyncIterator in body) void body[Symbol.asyncIterator]().return?.();
  return { status, headers };
};

function match(route: Route, path: string): Match[] {
  const given = path.slice(1).split('/');
  const wanted = route.path.split('/');
  const hasRest = wanted.at(-1) === '*';
  if (hasRest ? given.length < wanted.length : given.length !== wanted.length) return [];
  let id = '';
  for (const [index, word] of wanted.entries()) {
    if (word === '*') return [{ route, id: `/${given.slice(index).join('/')}` }];
    if (word === ':id') id = decoded(given[index] as string);
    else if (word !== given[index]) return [];
  }
  return [{ route, id }];
}

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // not an id of ours: it will not be found
  }
};
