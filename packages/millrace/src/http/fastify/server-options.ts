import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type FastifyReply, type FastifyRequest, type FastifyServerOptions, LogController } from 'fastify';
import { system } from '../../kernel/index.ts';
import { MalformedRequestError, RequestLimitError } from '../errors.ts';
import { type ReadLimits, type RequestLimits, resolveLimits } from '../limits/index.ts';
import { problemOf, problemType } from '../problem/index.ts';
import { inOurWords } from './in-our-words.ts';

type ServerOptions = Pick<FastifyServerOptions, 'return503OnClosing' | 'logController' | 'bodyLimit' | 'frameworkErrors' | 'clientErrorHandler' | 'ajv'>;

/**
 * What only Fastify's constructor can be told: `fastify({ ...millraceServer() })`. With it, requests that never reach a route (a broken path, a head
 * that is too long or too late) are answered as problem+json too, logs name the request `correlationId`, JSON Schema findings are all listed, and
 * `app.close()` by itself drains without a failed request.
 */
export function millraceServer(limits?: RequestLimits): ServerOptions {
  const read = resolveLimits(limits);
  return {
    return503OnClosing: false,
    logController: new LogController({ requestIdLogLabel: 'correlationId' }),
    bodyLimit: read.bodyBytes,
    ajv: { customOptions: { allErrors: true } },
    frameworkErrors: (error, request, reply) => answerUnrouted(error, request, reply, read),
    clientErrorHandler: (error, socket) => answerSocket(error as NodeJS.ErrnoException, socket, read),
  };
}

/** No hook has run for this request: it has no context, only an id. */
function answerUnrouted(error: unknown, request: FastifyRequest, reply: FastifyReply, limits: ReadLimits): void {
  const { problem } = problemOf(inOurWords(error, request, limits), request.id);
  reply
    .code(problem.status)
    .header('x-request-id', request.id)
    .header('content-type', problemType)
    .send(Buffer.from(JSON.stringify(problem)));
}

/** Not even a request could be made of what came in. The connection is closed: where the next request would begin, nobody knows. */
function answerSocket(error: NodeJS.ErrnoException, socket: Socket, limits: ReadLimits): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy(error);
    return;
  }
  const { problem } = problemOf(refusalOf(error.code, limits), system.ids.next());
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-ID: ${problem.requestId}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function refusalOf(code: string | undefined, limits: ReadLimits): Error {
  if (code === 'HPE_HEADER_OVERFLOW') return new RequestLimitError('headerSize', limits.headerSizeBytes);
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new MalformedRequestError('The request did not arrive in time', 408);
  return new MalformedRequestError('This is not an HTTP request');
}
