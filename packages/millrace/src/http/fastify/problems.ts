import type { FastifyReply, FastifyRequest } from 'fastify';
import { messageOf } from '../../kernel/index.ts';
import type { Traffic } from '../context/index.ts';
import { NotFoundError, RequestLimitError } from '../errors.ts';
import type { ReadLimits } from '../limits/index.ts';
import { problemOf, problemType } from '../problem/index.ts';
import { inOurWords } from './in-our-words.ts';

/** Answers whatever was thrown as problem+json. What nobody foresaw is told and logged; the client gets its id. */
export class ProblemAnswers {
  readonly #traffic: Traffic;
  readonly #limits: ReadLimits;

  constructor(traffic: Traffic, limits: ReadLimits) {
    this.#traffic = traffic;
    this.#limits = limits;
  }

  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = inOurWords(reasonOf(thrown, request), request, this.#limits);
    if (error instanceof RequestLimitError) this.#traffic.refused[error.limitName]++;
    const { problem, retryAfterSeconds, isFault } = problemOf(error, request.id);
    if (isFault) this.#tellFault(error, problem.status, request);
    if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
    // As bytes: to text of a JSON type Fastify would add a charset, which this media type does not have.
    reply
      .code(problem.status)
      .header('content-type', problemType)
      .send(Buffer.from(JSON.stringify(problem)));
  }

  notFound(request: FastifyRequest, reply: FastifyReply): void {
    this.answer(new NotFoundError('This path'), request, reply);
  }

  #tellFault(error: unknown, status: number, request: FastifyRequest): void {
    const { method, routeOptions, id: correlationId } = request;
    const { name = 'unknown', code, stack } = error instanceof Error ? (error as Error & { code?: unknown }) : { name: typeof error };
    request.log.error({ err: error, correlationId }, 'The request failed');
    this.#traffic.ports.events.emit('http.request.failed', () => ({
      method,
      route: routeOptions.url ?? 'other',
      correlationId,
      status,
      error: name,
      code: typeof code === 'string' ? code : undefined,
      message: messageOf(error).slice(0, 500),
      stack,
    }));
  }
}

/** What an aborted wait throws (`AbortError`) only says that it was aborted; the context knows why. */
function reasonOf(thrown: unknown, { call }: FastifyRequest): unknown {
  return thrown instanceof Error && thrown.name === 'AbortError' && call?.isAborted ? call.reason : thrown;
}
