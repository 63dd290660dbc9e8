import { DrizzleQueryError } from 'drizzle-orm';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { InvalidInputError, type MillraceRouteOptions } from 'millrace/fastify';
import { WrongInputError } from '../../domain/errors.ts';
import { openApiDocument } from './openapi.ts';
import { problemOf, problemType } from './problem.ts';
import type { Route } from './route.ts';

export interface MountOptions {
  /** The version in the OpenAPI document. */
  readonly version: string;
  /** What Millrace is told about a route: priority, time limit. */
  readonly policy: (route: Pick<Route, 'id' | 'method'>) => MillraceRouteOptions;
}

/** Serves the routes and their document. `millraceFastify` is registered already: it gives each request its context and answers what is not ours. */
export async function mountRoutes(app: FastifyInstance, routes: readonly Route[], { version, policy }: MountOptions): Promise<void> {
  const plugin: FastifyPluginAsync = async (scope) => {
    scope.setErrorHandler(answerRefusal);
    for (const route of routes) {
      scope.route({
        method: route.method,
        url: route.path.replace(/\{(\w+)\}/g, ':$1'),
        config: { millrace: policy(route) },
        handler: (request, reply) => serve(route, request, reply),
      });
    }
    const document = Buffer.from(JSON.stringify(openApiDocument(routes, version)));
    scope.get('/retail/openapi.json', (_, reply) => reply.type('application/json').send(document));
  };
  await app.register(plugin);
}

async function serve({ handle, answers }: Route, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { body, status = answers.status, headers = {} } = await handle(request, request.call);
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
  return reply.code(status).send(body);
}

/** Refusals are answered here, wrong input in the words of `millrace/fastify`; everything else goes on to its handler, past Drizzle's wrapping. */
function answerRefusal(error: Error, request: FastifyRequest, reply: FastifyReply): unknown {
  if (error instanceof WrongInputError) throw new InvalidInputError(error.facts.errors);
  const problem = problemOf(error, request.id);
  if (!problem) throw unwrapped(error);
  return reply
    .code(problem.status)
    .header('content-type', problemType)
    .send(Buffer.from(JSON.stringify(problem)));
}

/** Drizzle wraps what its driver threw and puts statement and parameters into the message: what it wraps knows better, and says no more than it should. */
const unwrapped = (error: Error): Error => (error instanceof DrizzleQueryError && error.cause ? error.cause : error);
