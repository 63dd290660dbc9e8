import { STATUS_CODES } from 'node:http';
import { RetailError } from '../../domain/errors.ts';

export const problemType = 'application/problem+json';

/** The answer to a refusal of ours, as RFC 9457 has it; undefined for every other error: those are the plugin's to answer. */
export function problemOf(error: unknown, requestId: string): (Record<string, unknown> & { readonly status: number }) | undefined {
  if (!(error instanceof RetailError)) return undefined;
  const { status, message, kind, facts } = error;
  const code = `RETAIL_${kind.toUpperCase().replaceAll('-', '_')}`;
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Client Error', status, detail: message, code, requestId, ...facts };
}
