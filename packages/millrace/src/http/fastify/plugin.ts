import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import { type Lifecycle, runInContext, type StatSink } from '../../kernel/index.ts';
import { acceptedRequestId, type RequestIdentity, Traffic } from '../context/index.ts';
import { headProblem, type ReadLimits } from '../limits/index.ts';
import { Drain } from '../stop/index.ts';
import { guardBodies } from './body.ts';
import { FastifyExchange } from './exchange.ts';
import { mount } from './mount.ts';
import { type MillraceFastifyOptions, resolvePluginOptions } from './options.ts';
import { keepPlans, planFor } from './plans.ts';
import { ProblemAnswers } from './problems.ts';
import { takeStandardSchemas } from './schemas.ts';
import { limitConnections } from './server.ts';

const plugin: FastifyPluginAsync<MillraceFastifyOptions> = async (app, given) => {
  const { host, limits, problems } = resolvePluginOptions(given);
  const traffic = new Traffic(host.http);
  limitConnections(app, limits);
  decorate(app);
  keepPlans(app);
  takeStandardSchemas(app);
  guardBodies(app, limits);
  if (problems) answerProblems(app, new ProblemAnswers(traffic, limits));
  followRequests(app, traffic, limits);
  for (const mounted of host.http.endpoints) mount(app, mounted, host.http.events);
  joinStop(app, traffic);
};

function decorate(app: FastifyInstance): void {
  app.decorateRequest('call');
  app.decorateRequest('setCaller', function (this: FastifyRequest, name: string) {
    (this.call.identity as RequestIdentity).caller = name;
  });
}

/** The one hook on the hot path: the request gets its context, and everything after it runs inside. */
function followRequests(app: FastifyInstance, traffic: Traffic, limits: ReadLimits): void {
  const { ids } = traffic.ports.system;
  app.setGenReqId(({ headers }) => acceptedRequestId(headers['x-request-id']) ?? ids.next());
  app.addHook('onRequest', (request, reply, done) => {
    const exchange = new FastifyExchange(traffic, planFor(request), reply);
    request.call = exchange.context;
    reply.header('x-request-id', request.id);
    reply.header('traceparent', exchange.traceparent);
    const problem = headProblem(limits, request.raw.url ?? '', request.raw.rawHeaders);
    if (problem) done(problem);
    else runInContext(exchange.context, done);
  });
}

function answerProblems(app: FastifyInstance, answers: ProblemAnswers): void {
  app.setErrorHandler((error, request, reply) => answers.answer(error, request, reply));
  app.setNotFoundHandler((request, reply) => answers.notFound(request, reply));
}

/** The host stops us first; an application that calls `app.close()` itself drains by the same way. */
function joinStop(app: FastifyInstance, traffic: Traffic): void {
  const drain = new Drain(traffic, app.server);
  const face: Lifecycle & { collect(sink: StatSink): void } = {
    name: 'http',
    start: async () => {},
    stop: async () => {
      await drain.run();
      await app.close();
    },
    collect: (sink) => traffic.collect(sink),
  };
  const leave = traffic.ports.join(face);
  app.addHook('preClose', () => drain.run());
  app.addHook('onClose', async () => leave());
}

/**
 * Puts Millrace around every route of a Fastify application: context and deadline, request id and trace, problem+json, request limits, figures,
 * the mounted endpoints, and a stop without a failed request. Register it before the routes.
 *
 * @throws MILLRACE_CONFIG when `config.millrace` of a route or an option holds a word that is not known.
 */
export const millraceFastify: FastifyPluginAsync<MillraceFastifyOptions> = Object.assign(plugin, {
  [Symbol.for('skip-override')]: true, // what the fastify-plugin package sets: hooks and decorators reach the whole application
  [Symbol.for('fastify.display-name')]: 'millrace',
  [Symbol.for('plugin-meta')]: { name: 'millrace', fastify: '5.x' },
});
