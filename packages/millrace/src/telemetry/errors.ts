import { type ErrorCatalogue, MillraceError } from '../kernel/index.ts';

/** Bytes that are not a histogram in a form we know. */
export class StoredFormError extends MillraceError {
  override readonly name = 'StoredFormError';
  readonly code = 'MILLRACE_STORED_FORM';
  constructor(problem: string, options?: ErrorOptions) {
    super(`A stored histogram cannot be read: ${problem}`, options);
  }
}

/** A metric that Prometheus would refuse, or whose labels are not the declared ones. */
export class MetricError extends MillraceError {
  override readonly name = 'MetricError';
  readonly code = 'MILLRACE_METRIC';
  constructor(metric: string, problem: string, options?: ErrorOptions) {
    super(`The metric ${JSON.stringify(metric.slice(0, 100))} cannot be used: ${problem}`, options);
  }
}

/** More listeners than anybody needs: they are added again and again. */
export class ListenerLimitError extends MillraceError {
  override readonly name = 'ListenerLimitError';
  readonly code = 'MILLRACE_LISTENERS';
  readonly limit: number;
  constructor(event: string, limit: number, options?: ErrorOptions) {
    super(`${event} already has ${limit} listeners, the most there can be`, options);
    this.limit = limit;
  }
}

export const telemetryErrors: ErrorCatalogue = {
  MILLRACE_STORED_FORM: {
    title: 'A stored histogram cannot be read',
    why: 'The bytes were cut short, changed, or written by a newer version.',
    do: 'Drop that slice; the figures of the others stay right.',
    retryable: false,
    status: 500,
  },
  MILLRACE_METRIC: {
    title: 'A metric cannot be used',
    why: 'Its name or a label is not one Prometheus takes, its value is no finite number, or its labels are not those it was declared with.',
    do: 'Use letters, digits and _ in names, finite numbers, and always the same label names.',
    retryable: false,
    status: 500,
  },
  MILLRACE_LISTENERS: {
    title: 'Too many listeners for one event',
    why: 'on() is called again and again and its undo never.',
    do: 'Listen once at start, or call the function that on() returned.',
    retryable: false,
    status: 500,
  },
};
