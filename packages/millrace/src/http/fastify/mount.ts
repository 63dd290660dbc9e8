import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { type EndpointResponse, messageOf } from '../../kernel/index.ts';
import { endpointRequest, Pump, peerAddress } from '../endpoints/index.ts';
import { checkedHeaders } from '../headers/index.ts';
import type { HttpPorts, MountedEndpoint } from '../host.ts';

const methods: HTTPMethods[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Makes an endpoint reachable at its prefix and below. Its requests are not measured: who looks at the figures must not be in them. */
export function mount(app: FastifyInstance, { prefix, endpoint }: MountedEndpoint, events: HttpPorts['events']): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const address = peerAddress(request.raw, request.ip);
    const answer = await endpoint(endpointRequest(request.raw, prefix, address, request.body), request.call);
    const headers = checkedHeaders(answer.headers);
    if (!isStreamed(answer)) return reply.code(answer.status).headers(headers).send(answer.body);
    return stream(reply, { status: answer.status, headers, body: answer.body }, events);
  };
  for (const url of [prefix, `${prefix}/*`]) app.route({ method: methods, url, handler, config: { millrace: { stream: true } } });
}

type Streamed = EndpointResponse & { readonly body: AsyncIterable<string | Uint8Array> };

const isStreamed = (answer: EndpointResponse): answer is Streamed =>
  typeof answer.body === 'object' && !(answer.body instanceof Uint8Array) && Symbol.asyncIterator in answer.body;

/** Written by hand past Fastify's own way: the headers go out at once, so that an event stream is open before its first event. */
async function stream(reply: FastifyReply, { status, headers, body }: Streamed, events: HttpPorts['events']): Promise<void> {
  const { request } = reply;
  reply.hijack();
  reply.raw.writeHead(status, { ...(reply.getHeaders() as Record<string, string>), ...headers });
  reply.raw.flushHeaders();
  try {
    await new Pump(reply.raw, body, request.call).run();
  } catch (error) {
    const { name: kind, stack } = error instanceof Error ? error : { name: typeof error };
    const { method, routeOptions, id: correlationId } = request;
    request.log.error({ err: error, correlationId }, 'A stream broke off');
    events.emit('http.request.failed', () => ({
      method,
      route: routeOptions.url ?? 'other',
      correlationId,
      status,
      error: kind,
      code: undefined,
      message: messageOf(error).slice(0, 500),
      stack,
    }));
  }
}
