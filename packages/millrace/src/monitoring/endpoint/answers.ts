import { type CallContext, type EndpointResponse, isMillraceError, messageOf } from '../../kernel/index.ts';
import type { Redactor } from '../../telemetry/index.ts';
import type { Problem, ProblemField } from '../api/schema.ts';

const base: Readonly<Record<string, string>> = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };

export const json = (body: unknown, status = 200): EndpointResponse => ({
  status,
  headers: { ...base, 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(body),
});

export const text = (body: string, mediaType: string): EndpointResponse => ({ status: 200, headers: { ...base, 'content-type': mediaType }, body });

export const eventStream = (body: AsyncIterable<string>): EndpointResponse => ({
  status: 200,
  // The last one tells nginx not to collect the stream before it passes it on.
  headers: { ...base, 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
  body,
});

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  503: 'Service Unavailable',
};

/** RFC 9457. What was thrown by somebody else is told as a failure without its words, which may hold anything. */
export function problem(error: unknown, { correlationId }: CallContext, redactor: Redactor, more: Readonly<Record<string, string>> = {}): EndpointResponse {
  const isOurs = isMillraceError(error) && (error.status < 500 || error.status === 503);
  const status = isOurs ? error.status : 500;
  const errors = (error as { errors?: readonly ProblemField[] }).errors ?? [];
  const body: Problem = {
    type: 'about:blank',
    title: titles[status] ?? 'Internal Server Error',
    status,
    detail: isOurs ? redactor.text(messageOf(error)) : 'The figures could not be told. Quote the request id when you ask about it.',
    code: isOurs ? error.code : 'MILLRACE_PERFORMANCE_FAILED',
    requestId: correlationId,
    ...(isOurs && errors.length > 0 ? { errors } : {}),
  };
  const asked: Readonly<Record<string, string>> = {
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...(status === 503 ? { 'retry-after': '5' } : {}),
  };
  return { status, headers: { ...base, ...asked, ...more, 'content-type': 'application/problem+json' }, body: JSON.stringify(body) };
}
