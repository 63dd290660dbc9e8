import { STATUS_CODES } from 'node:http';
import { isMillraceError } from '../../kernel/index.ts';
import type { FieldProblem } from '../errors.ts';
import { fieldProblemsOf } from './validation.ts';

/** An answer as RFC 9457 (problem details) has it. */
export interface Problem {
  /** Always `about:blank`: what is special about it stands in `code`. */
  readonly type: 'about:blank';
  /** The phrase of the status. */
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** A permanent code, where the error has one. */
  readonly code?: string | undefined;
  /** What to quote when asking about it; the logs hold the same id. */
  readonly requestId: string;
  /** Each wrong field of the request. */
  readonly errors?: readonly FieldProblem[] | undefined;
}

/** A problem and what goes with it: the seconds of `Retry-After`, and whether the error is news for whoever runs the service. */
export interface ProblemAnswer {
  readonly problem: Problem;
  readonly retryAfterSeconds: number | undefined;
  /** True for an error nobody foresaw: 500 and above, and neither busy nor late. */
  readonly isFault: boolean;
}

export const problemType = 'application/problem+json';

/** What the caller is told above 499: never the error's own words, which may hold SQL, names of hosts or values. */
const words: Readonly<Record<number, string>> = {
  503: 'The service cannot answer this now. Try again later.',
  504: 'The answer was not there within the time allowed for it.',
};
const fallbackWords = 'The service failed on this request. Quote the request id when you ask about it.';

const longestRetryAfterMs = 3_600_000;

/** Libraries wrap what they were thrown (Drizzle does): one of our errors within a few causes is what happened. */
function ours(thrown: unknown): unknown {
  let inner = thrown;
  for (let depth = 0; depth < 5 && inner instanceof Error; depth++) {
    if (isMillraceError(inner)) return inner;
    inner = inner.cause;
  }
  return thrown;
}

/** Turns whatever was thrown into what the client may see of it. */
export function problemOf(thrown: unknown, requestId: string): ProblemAnswer {
  const error = ours(thrown);
  const errors = fieldProblemsOf(error);
  const status = errors ? 400 : statusOf(error);
  const problem: Problem = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? (status < 500 ? 'Client Error' : 'Server Error'),
    status,
    detail: errors && !isMillraceError(error) ? detailOf(errors) : wordsOf(error, status),
    code: errors ? 'MILLRACE_INPUT' : isMillraceError(error) ? error.code : undefined,
    requestId,
    errors,
  };
  return { problem, retryAfterSeconds: retryAfterOf(error, status), isFault: status >= 500 && status !== 503 && status !== 504 };
}

const detailOf = (errors: readonly FieldProblem[]): string => `${errors.length} ${errors.length === 1 ? 'field is' : 'fields are'} wrong.`;

/** The status of our errors, and of a framework's or the application's own that says 4xx. Everything else is our fault: 500. */
function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 500;
  const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
  if (isMillraceError(error)) return isStatus(status, 400, 599) ? status : 500;
  if (isStatus(statusCode, 400, 499)) return statusCode;
  return statusCode === 503 ? 503 : 500;
}

const isStatus = (value: unknown, lowest: number, highest: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= lowest && value <= highest;

function wordsOf(error: unknown, status: number): string {
  if (status >= 500) return words[status] ?? fallbackWords;
  return error instanceof Error && error.message !== '' ? error.message : (STATUS_CODES[status] ?? 'The request was refused.');
}

function retryAfterOf(error: unknown, status: number): number | undefined {
  if (status !== 503 && status !== 429) return undefined;
  const given = (error as { retryAfterMs?: unknown }).retryAfterMs;
  const waitMs = typeof given === 'number' && given > 0 ? Math.min(given, longestRetryAfterMs) : 1000;
  return Math.ceil(waitMs / 1000);
}
