import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { messageOf } from '../../kernel/index.ts';
import type { Traffic } from '../context/index.ts';
import { MalformedRequestError, NotFoundError, RequestLimitError } from '../errors.ts';
import type { ReadLimits } from '../limits/index.ts';
import { problemOf, problemType } from '../problem/index.ts';

/** Answers whatever was thrown as problem+json. What nobody foresaw is told and logged; the client gets its id. */
export class ProblemAnswers {
  readonly #traffic: Traffic;
  readonly #limits: ReadLimits;

  constructor(traffic: Traffic, limits: ReadLimits) {
    this.#traffic = traffic;
    this.#limits = limits;
  }

  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = inOurWords(thrown, request, this.#limits);
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

/** Fastify's own refusals, in our words and codes. Its messages may repeat the address of the request with everything in it. */
function inOurWords(thrown: unknown, request: FastifyRequest, limits: ReadLimits): unknown {
  switch ((thrown as FastifyError | undefined)?.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new RequestLimitError('body', request.routeOptions.bodyLimit, { cause: thrown });
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new RequestLimitError('url', limits.url, { cause: thrown });
    case 'FST_ERR_BAD_URL':
      return new MalformedRequestError('The path is wrongly percent-encoded', 400, { cause: thrown });
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new MalformedRequestError('The body is not JSON', 400, { cause: thrown });
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new MalformedRequestError('The body is not as long as its Content-Length says', 400, { cause: thrown });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new MalformedRequestError('The content type is not one that is taken here: send application/json', 415, { cause: thrown });
    default:
      return thrown;
  }
}
