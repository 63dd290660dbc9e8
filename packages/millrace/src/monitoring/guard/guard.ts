import { createHash, timingSafeEqual } from 'node:crypto';
import type { EndpointRequest } from '../../kernel/index.ts';
import { PerformanceRequestError } from '../errors.ts';

export interface GuardOptions {
  /** The address the service listens on. */
  readonly host: string;
  /** Keys that may change state. Without one, nothing beyond loopback can. */
  readonly apiKeys: readonly string[];
  /** Names under which the service is reached, besides loopback: `shop.example` or `shop.example:8443`. */
  readonly allowedHosts: readonly string[];
}

/**
 * Who may change the state of the service. In this order: the Host is ours (else a foreign name was pointed at this machine, 421), the page that asks is ours (else another
 * site rides on the user's network, 403), the content type is JSON (which no plain form can send, 415), and, as soon as anybody beyond this machine can
 * reach it, the call carries a key (401). Reading needs none of it.
 */
export class Guard {
  readonly #keys: readonly Buffer[];
  readonly #hosts: ReadonlySet<string>;
  readonly #isBeyondLoopback: boolean;

  constructor({ host, apiKeys, allowedHosts }: GuardOptions) {
    this.#keys = apiKeys.map(hashed);
    this.#hosts = new Set(allowedHosts.map((name) => name.toLowerCase()));
    this.#isBeyondLoopback = !isLoopbackName(host);
  }

  /** @throws MILLRACE_GUARD_HOST, MILLRACE_GUARD_ORIGIN, MILLRACE_GUARD_CONTENT_TYPE, MILLRACE_GUARD_KEY */
  admit({ headers, remoteAddress }: EndpointRequest): void {
    const host = one(headers['host'])?.toLowerCase();
    if (host === undefined || !this.#isOurs(host)) throw new PerformanceRequestError('MILLRACE_GUARD_HOST', 'The Host header names no host of this service.');
    if (!isSameSite(headers, host)) throw new PerformanceRequestError('MILLRACE_GUARD_ORIGIN', 'Another site may not change the state of this service.');
    if (!isJson(one(headers['content-type']))) throw new PerformanceRequestError('MILLRACE_GUARD_CONTENT_TYPE', 'Send Content-Type: application/json.');
    if ((this.#isBeyondLoopback || !isLoopbackName(remoteAddress)) && !this.#knows(keyOf(headers)))
      throw new PerformanceRequestError('MILLRACE_GUARD_KEY', 'This call needs an API key: Authorization: Bearer <key>.');
  }

  /** With no list given, a service that listens beyond loopback has names we cannot know; there the key decides. */
  #isOurs(host: string): boolean {
    const name = withoutPort(host);
    if (this.#hosts.has(host) || this.#hosts.has(name)) return true;
    return isLoopbackName(name) || (this.#isBeyondLoopback && this.#hosts.size === 0);
  }

  /** Every key is compared, each in the same time, so that time tells nothing. */
  #knows(given: string | undefined): boolean {
    const hash = hashed(given ?? '');
    let isKnown = false;
    for (const key of this.#keys) isKnown = timingSafeEqual(key, hash) || isKnown;
    return isKnown && given !== undefined && given !== '';
  }
}

const hashed = (key: string): Buffer => createHash('sha256').update(key).digest();

type Headers = EndpointRequest['headers'];

const one = (value: string | readonly string[] | undefined): string | undefined => (typeof value === 'string' ? value : value?.[0]);

const withoutPort = (host: string): string => host.replace(/:\d+$/, '');

export const isLoopbackName = (name: string): boolean =>
  name === 'localhost' || name === '::1' || name === '[::1]' || name.endsWith('.localhost') || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(name);

/** A browser says where the page that asks came from; other clients say nothing, and cannot be misled by a page. */
function isSameSite(headers: Headers, host: string): boolean {
  const site = one(headers['sec-fetch-site']);
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  const origin = one(headers['origin']);
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === new URL(`http://${host}`).host.replace(/:80$/, '');
}

const isJson = (type: string | undefined): boolean => type !== undefined && /^application\/json\s*(;|$)/i.test(type);

const keyOf = (headers: Headers): string | undefined => /^Bearer +(\S+)$/i.exec(one(headers['authorization']) ?? '')?.[1] ?? one(headers['x-api-key']);
