/** The wait for the load ended: the next one may try. */
const ofTheCaller: ReadonlySet<unknown> = new Set(['MILLRACE_ABORTED', 'MILLRACE_DEADLINE', 'MILLRACE_STOPPED', 'ABORT_ERR']);

/** What stood between this process and the source: others may have a way to it. */
const ofTheWay: ReadonlySet<unknown> = new Set([
  ...['MILLRACE_UNAVAILABLE', 'MILLRACE_CONNECTION_LOST', 'MILLRACE_TIMEOUT', 'MILLRACE_POOL_BUSY', 'MILLRACE_CIRCUIT_OPEN', 'MILLRACE_TLS'],
  ...['MILLRACE_REDIS_UNAVAILABLE', 'MILLRACE_RELEASED'],
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EMFILE', 'ENFILE'],
  ...['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_SOCKET'],
]);

const deepestCause = 8;

/**
 * Whom the failure of a load speaks of, by its code and those of its causes. `caller`: nobody waits any more, or not so long. `way`: this process could not
 * reach the source, or not in time; another may. `source`: the source, or the loader itself, has answered, and would answer anybody so. Without an error: `way`.
 */
export function saysOf(error: unknown): 'caller' | 'way' | 'source' {
  if (error === undefined) return 'way';
  const codes: unknown[] = [];
  let at: unknown = error;
  for (let depth = 0; at instanceof Error && depth < deepestCause; depth++) {
    codes.push((at as { readonly code?: unknown }).code);
    at = at.cause;
  }
  if (ofTheCaller.has(codes[0])) return 'caller';
  return codes.some((code) => ofTheWay.has(code)) ? 'way' : 'source';
}
