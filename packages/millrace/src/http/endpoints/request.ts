import type { IncomingMessage } from 'node:http';
import type { EndpointRequest } from '../../kernel/index.ts';

/** A request as an endpoint mounted at `prefix` sees it. */
export function endpointRequest(request: IncomingMessage, prefix: string, remoteAddress: string, body: unknown): EndpointRequest {
  const url = request.url ?? '/';
  const queryAt = url.indexOf('?');
  const path = (queryAt < 0 ? url : url.slice(0, queryAt)).slice(prefix.length);
  return {
    method: request.method ?? 'GET',
    path: path === '' ? '/' : path,
    query: new URLSearchParams(queryAt < 0 ? '' : url.slice(queryAt + 1)),
    headers: request.headers,
    remoteAddress,
    body,
  };
}

const forwardedBy = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'];

/**
 * The address of whoever asks, for rules such as "no key on loopback". A proxy on this machine connects from loopback for the whole world, so a
 * request that says it was forwarded never counts as local: its address is what the framework trusts (`trusted`), or `forwarded` where that too
 * would be loopback.
 */
export function peerAddress({ headers, socket }: IncomingMessage, trusted: string): string {
  const wasForwarded = forwardedBy.some((name) => headers[name] !== undefined);
  if (!wasForwarded) return socket.remoteAddress ?? '';
  return isLoopback(trusted) ? 'forwarded' : trusted;
}

const isLoopback = (address: string): boolean => address === '::1' || /^(::ffff:)?127\./.test(address);
