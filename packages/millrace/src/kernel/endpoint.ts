import type { CallContext } from './context/context.ts';

/** A request as an endpoint sees it, whatever server it came through. Header names are in lower case. */
export interface EndpointRequest {
  readonly method: string;
  /** Path below the mount point, always beginning with a slash, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The address of the peer, as the adapter trusts it. */
  readonly remoteAddress: string;
  /** The parsed JSON body, where there was one. */
  readonly body: unknown;
}

/** What goes back. A string or bytes are sent whole; an iterable is streamed with backpressure and ended when the client leaves. */
export interface EndpointResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<string | Uint8Array> | undefined;
}

/** Request → response, without a framework: dashboards, health and figures are mounted by every adapter alike. */
export type Endpoint = (request: EndpointRequest, context: CallContext) => Promise<EndpointResponse>;

export interface ServerSentEvent {
  readonly id?: string | number | undefined;
  readonly event?: string | undefined;
  readonly data: string;
}

/** One event in the format of the HTML standard, section 9.2. Line breaks in data become lines; in id and event they are dropped, so nobody can forge a field. */
export function encodeEvent({ id, event, data }: ServerSentEvent): string {
  const fields = [
    ...(id === undefined ? [] : [`id: ${String(id).replace(/[\r\n\0]/g, '')}`]),
    ...(event === undefined ? [] : [`event: ${event.replace(/[\r\n]/g, '')}`]),
    ...data.split(/\r\n|\r|\n/).map((line) => `data: ${line}`),
  ];
  return `${fields.join('\n')}\n\n`;
}

/** Sent now and then so that proxies keep the stream open. */
export const eventStreamHeartbeat = ': still here\n\n';
