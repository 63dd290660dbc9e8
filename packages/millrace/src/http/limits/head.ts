import { RequestLimitError } from '../errors.ts';
import type { ReadLimits } from './options.ts';

/**
 * What is too much about the head of a request, or undefined. `rawHeaders` is Node's flat list of names and values, so that a header sent twice
 * counts twice; Node's own counter silently drops what is over its number.
 */
export function headProblem(limits: ReadLimits, url: string, rawHeaders: readonly string[]): RequestLimitError | undefined {
  if (url.length > limits.url) return new RequestLimitError('url', limits.url);
  if (rawHeaders.length > limits.headers * 2) return new RequestLimitError('headers', limits.headers);
  let bytes = url.length;
  for (const text of rawHeaders) bytes += text.length;
  if (bytes > limits.headerSizeBytes) return new RequestLimitError('headerSize', limits.headerSizeBytes);
  if (url.length > limits.parameters && parametersIn(url) > limits.parameters) return new RequestLimitError('parameters', limits.parameters);
  return undefined;
}

/** Counts separators, not parsed names: an empty parameter costs a parser as much as a full one. */
function parametersIn(url: string): number {
  const start = url.indexOf('?');
  if (start < 0) return 0;
  let count = 1;
  for (let at = url.indexOf('&', start); at >= 0; at = url.indexOf('&', at + 1)) count++;
  return count;
}
