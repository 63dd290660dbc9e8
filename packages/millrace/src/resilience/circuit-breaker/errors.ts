import { MillraceError, messageOf } from '../../kernel/index.ts';

/** The service is not called at the moment: it failed too often, and it is not yet time to try again. */
export class CircuitOpenError extends MillraceError {
  override readonly name = 'CircuitOpenError';
  readonly code = 'MILLRACE_CIRCUIT_OPEN';
  override readonly retryable = true;
  override readonly status = 503;
  readonly service: string;
  /** When a trial may be made, ms from now; `Infinity` while it is held open by hand. */
  readonly retryAfterMs: number;
  readonly failures: number;
  constructor(service: string, retryAfterMs: number, failures: number, lastFailure: unknown) {
    const when = retryAfterMs === Number.POSITIVE_INFINITY ? 'until it is released by hand' : `for another ${Math.max(0, Math.ceil(retryAfterMs))} ms`;
    const last = lastFailure === undefined ? '' : `, last ${messageOf(lastFailure)}`;
    super(`${service} is not called ${when}: ${failures} failures${last}`, lastFailure === undefined ? undefined : { cause: lastFailure });
    this.service = service;
    this.retryAfterMs = retryAfterMs;
    this.failures = failures;
  }
}
