import { parseDuration } from '../../kernel/index.ts';

const longestMs = 3_600_000;

/**
 * How long the client will wait, ms: `X-Request-Timeout: 1500` or `1.5s`. It can only shorten what the route allows. A value that is none of this,
 * below 1 ms or above an hour, is as good as none.
 */
export function requestedTimeoutMs(given: unknown): number | undefined {
  if (typeof given !== 'string' || given.length > 20) return undefined;
  const readMs = /^\d+$/.test(given) ? Number(given) : parseDuration(given);
  return readMs !== undefined && readMs >= 1 && readMs <= longestMs ? readMs : undefined;
}
