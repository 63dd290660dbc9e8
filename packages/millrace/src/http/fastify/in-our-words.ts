import type { FastifyError, FastifyRequest } from 'fastify';
import { MalformedRequestError, RequestLimitError } from '../errors.ts';
import type { ReadLimits } from '../limits/index.ts';

/** Fastify's own refusals, in our words and codes. Its messages may repeat the address of the request with everything in it. */
export function inOurWords(thrown: unknown, request: FastifyRequest, limits: ReadLimits): unknown {
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
