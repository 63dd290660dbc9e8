import type { ErrorCatalogue } from '../kernel/index.ts';

export const resilienceErrors: ErrorCatalogue = {
  MILLRACE_TIMEOUT: {
    title: 'An attempt took too long',
    why: 'One attempt reached its own limit; the callee was told to stop.',
    do: 'Look at its p95 on the dashboard; raise the limit only if that is the usual case.',
    retryable: true,
    status: 504,
  },
};
