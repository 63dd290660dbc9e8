import { type ErrorCatalogue, MillraceError, messageOf } from '../kernel/index.ts';

/** Redis could not be reached, or the connection broke with the command on its way. Whether the command was carried out is not known. */
export class RedisUnavailableError extends MillraceError {
  override readonly name = 'RedisUnavailableError';
  readonly code = 'MILLRACE_REDIS_UNAVAILABLE';
  override readonly retryable = true;
  override readonly status = 503;
  readonly node: string;
  constructor(node: string, cause: unknown) {
    super(`Redis at ${node} is not reachable: ${messageOf(cause)}`, { cause });
    this.node = node;
  }
}

/** What an error answer means for whoever sent the command. */
export type ReplyClass = 'reroute' | 'read only' | 'loading' | 'out of memory' | 'busy' | 'no right' | 'no script' | 'misuse';

/** Redis answered with an error. */
export class RedisReplyError extends MillraceError {
  override readonly name = 'RedisReplyError';
  readonly code = 'MILLRACE_REDIS_REPLY';
  override readonly retryable: boolean;
  readonly command: string;
  /** The first word of the answer: `READONLY`, `OOM`, `WRONGTYPE`. */
  readonly prefix: string;
  readonly means: ReplyClass;
  constructor(command: string, cause: Error) {
    super(`Redis refused ${command}: ${cause.message}`, { cause });
    this.command = command;
    this.prefix = /^[A-Z]+/.exec(cause.message)?.[0] ?? 'ERR';
    this.means = meanings[this.prefix] ?? 'misuse';
    this.retryable = this.means !== 'misuse' && this.means !== 'no right';
  }
}

const meanings: Readonly<Record<string, ReplyClass>> = {
  MOVED: 'reroute',
  ASK: 'reroute',
  CLUSTERDOWN: 'reroute',
  TRYAGAIN: 'reroute',
  MASTERDOWN: 'loading',
  READONLY: 'read only',
  MISCONF: 'read only',
  NOREPLICAS: 'read only',
  LOADING: 'loading',
  OOM: 'out of memory',
  BUSY: 'busy',
  NOAUTH: 'no right',
  WRONGPASS: 'no right',
  NOPERM: 'no right',
  NOSCRIPT: 'no script',
};

/** The client package is not installed. */
export class NoRedisClientError extends MillraceError {
  override readonly name = 'NoRedisClientError';
  readonly code = 'MILLRACE_NO_REDIS_CLIENT';
  constructor(cause: unknown) {
    super('A Redis URL is set, and the package redis (version 6) is not installed: npm i redis', { cause });
  }
}

export const redisErrors: ErrorCatalogue = {
  MILLRACE_REDIS_UNAVAILABLE: {
    title: 'Redis is not reachable',
    why: 'The connection was refused, broke, or has not been made yet; the message names the node and what the system said.',
    do: 'Requests go on without it. Is the server up, the port right? TLS is spelt rediss://.',
    retryable: true,
    status: 503,
  },
  MILLRACE_REDIS_REPLY: {
    title: 'Redis refused a command',
    why: 'The server answered with an error; its first word says which: READONLY after a failover, OOM when it is full, NOPERM without the right.',
    do: 'See what the prefix means; out of memory and read only pass by themselves or need the operator, the rest is a mistake in the caller.',
    retryable: true,
    status: 500,
  },
  MILLRACE_NO_REDIS_CLIENT: {
    title: 'The Redis client is not installed',
    why: 'A Redis URL is set, and the optional package redis is missing.',
    do: 'npm i redis, or unset the URL.',
    retryable: false,
    status: 500,
  },
};
