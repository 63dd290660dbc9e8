import type { ErrorCatalogue } from '../kernel/index.ts';

export const resilienceErrors: ErrorCatalogue = {
  MILLRACE_TIMEOUT: {
    title: 'An attempt took too long',
    why: 'One attempt reached its own limit; the callee was told to stop.',
    do: 'Look at its p95 on the dashboard; raise the limit only if that is the usual case.',
    retryable: true,
    status: 504,
  },
  MILLRACE_COALESCE_LOOP: {
    title: 'A run waits for itself',
    why: 'The work of a single flight asked, on its way, for its own key: it would have waited for ever.',
    do: 'Take the inner call out of the loader, or give it a key of its own.',
    retryable: false,
    status: 500,
  },
  MILLRACE_CIRCUIT_OPEN: {
    title: 'The circuit is open',
    why: 'The service failed too often and is left alone for a while; the message says for how long and what failed last.',
    do: 'Nothing: it tries again by itself. If the service is known to be well, reset the breaker.',
    retryable: true,
    status: 503,
  },
};
