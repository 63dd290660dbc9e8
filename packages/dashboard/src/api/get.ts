/** One question to the service. An answer that is no answer becomes a `Failure` with the service's own code, so that a card can name it. */

export interface Failure {
  /** The service's `MILLRACE_…` code, or one of ours: `NO_CONNECTION`, `TOO_SLOW`, `HTTP_502`. */
  readonly code: string;
  readonly message: string;
  /** The HTTP status, 0 where none arrived. */
  readonly status: number;
}

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

const limitMs = 10_000;
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

async function failureOf(response: Response): Promise<Failure> {
  const body = ((await response.json().catch(() => ({}))) ?? {}) as Record<string, unknown>;
  return {
    code: text(body['code']) ?? `HTTP_${response.status}`,
    message: text(body['detail']) ?? text(body['title']) ?? `The service answered ${response.status}`,
    status: response.status,
  };
}

const failed = (code: string, message: string): Answer<never> => ({ ok: false, failure: { code, message, status: 0 } });

async function ask<T>(path: string, init: RequestInit): Promise<Answer<T>> {
  try {
    const response = await fetch(path, { ...init, signal: AbortSignal.timeout(limitMs), headers: { accept: 'application/json', ...init.headers } });
    if (!response.ok) return { ok: false, failure: await failureOf(response) };
    return { ok: true, value: (response.status === 204 ? undefined : await response.json()) as T };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') return failed('TOO_SLOW', `No answer within ${limitMs / 1_000} s`);
    if (error instanceof SyntaxError) return failed('NOT_JSON', 'The answer was not JSON');
    return failed('NO_CONNECTION', 'The service could not be reached');
  }
}

export const get = <T>(path: string): Promise<Answer<T>> => ask<T>(path, { method: 'GET' });

/** Changes something. The JSON content type is what tells a browser to ask first across origins; the service insists on it. */
export const send = <T>(method: 'PUT' | 'POST', path: string, body: unknown): Promise<Answer<T>> =>
  ask<T>(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
