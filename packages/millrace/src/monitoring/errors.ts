import { type ErrorCatalogue, type ErrorCode, MillraceError } from '../kernel/index.ts';
import type { ProblemField } from './api/schema.ts';

/** A request to the performance paths that is not answered. */
export class PerformanceRequestError extends MillraceError {
  override readonly name = 'PerformanceRequestError';
  readonly code: ErrorCode;
  override readonly status: number;
  readonly errors: readonly ProblemField[];
  constructor(code: keyof typeof monitoringErrors & ErrorCode, detail: string, errors: readonly ProblemField[] = []) {
    super(detail);
    this.code = code;
    this.status = monitoringErrors[code]?.status ?? 400;
    this.errors = errors;
  }
}

export const monitoringErrors: ErrorCatalogue = {
  MILLRACE_PERFORMANCE_NOT_FOUND: {
    title: 'No such performance path',
    why: 'The path, the id or the part it asks for does not exist here, or a kept request is past its keeping time.',
    do: 'The paths are listed in docs/reference/monitoring/api.md.',
    retryable: false,
    status: 404,
  },
  MILLRACE_PERFORMANCE_METHOD: {
    title: 'The path does not take this method',
    why: 'The path exists and was asked with another method than those in the Allow header.',
    do: 'Use one of the methods in the Allow header.',
    retryable: false,
    status: 405,
  },
  MILLRACE_PERFORMANCE_INPUT: {
    title: 'A value is wrong',
    why: 'A query parameter or a field of the body is missing, out of its bounds or unknown.',
    do: 'Correct each field the answer lists.',
    retryable: false,
    status: 400,
  },
  MILLRACE_PERFORMANCE_CONFLICT: {
    title: 'The alert is no longer open',
    why: 'It was resolved before.',
    do: 'Nothing.',
    retryable: false,
    status: 409,
  },
  MILLRACE_PERFORMANCE_FAILED: {
    title: 'The figures could not be told',
    why: 'A part of the service failed while its figures were read.',
    do: 'The log holds the error under the request id of the answer.',
    retryable: true,
    status: 500,
  },
  MILLRACE_GUARD_KEY: {
    title: 'An API key is needed',
    why: 'The service is reachable from beyond this machine, and the call changes its state without a key, or with a wrong one.',
    do: 'Send Authorization: Bearer <key> with one of MILLRACE_HTTP_API_KEYS.',
    retryable: false,
    status: 401,
  },
  MILLRACE_GUARD_ORIGIN: {
    title: 'The page that asks is not ours',
    why: 'The Origin or Sec-Fetch-Site header says that another site wants to change the state of this service.',
    do: 'Use the dashboard of this service, or a client that sends no Origin.',
    retryable: false,
    status: 403,
  },
  MILLRACE_GUARD_CONTENT_TYPE: {
    title: 'The content type is not JSON',
    why: 'A call that changes state was sent with another content type, as a plain form of any web page could.',
    do: 'Send Content-Type: application/json.',
    retryable: false,
    status: 415,
  },
  MILLRACE_GUARD_HOST: {
    title: 'The Host header names somebody else',
    why: 'A call that changes state came with a Host that is not this service: a foreign name may have been pointed at this machine.',
    do: 'Add the name to allowedHosts if it is yours.',
    retryable: false,
    status: 421,
  },
  MILLRACE_STREAMS_FULL: {
    title: 'Too many event streams',
    why: 'As many dashboards as the options allow are open.',
    do: 'Close one, or raise streams.',
    retryable: true,
    status: 503,
  },
};
