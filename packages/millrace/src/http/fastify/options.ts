import { flag, passed, required, resolveOptions } from '../../kernel/index.ts';
import type { HttpHost } from '../host.ts';
import { type ReadLimits, type RequestLimits, resolveLimits } from '../limits/index.ts';

export interface MillraceFastifyOptions {
  /** What `createMillrace()` returned. */
  readonly millrace: HttpHost;
  /** How much one request may be. */
  readonly limits?: RequestLimits | undefined;
  /** Answer errors and unknown paths as problem+json. false: the application sets its own handlers. @default true */
  readonly problems?: boolean | undefined;
}

const rules = { millrace: required(passed<HttpHost>()), limits: passed<RequestLimits>(), problems: flag(true) };

export interface ReadOptions {
  readonly host: HttpHost;
  readonly limits: ReadLimits;
  readonly problems: boolean;
}

/** Fastify hands a plugin's own `prefix` and log settings along with its options; they are none of ours. */
const fastifysOwn = ['prefix', 'logLevel', 'logSerializers'];

export function resolvePluginOptions(given: MillraceFastifyOptions): ReadOptions {
  const ours = Object.fromEntries(Object.entries(given).filter(([name]) => !fastifysOwn.includes(name)));
  const { millrace, limits, problems } = resolveOptions('millraceFastify', ours, rules);
  return { host: millrace, limits: resolveLimits(limits), problems };
}
