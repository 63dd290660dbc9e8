import { MillraceError } from '../../kernel/index.ts';

/** One attempt did not finish within its limit. Its callee was told to stop through its signal. */
export class TimeoutError extends MillraceError {
  override readonly name = 'TimeoutError';
  readonly code = 'MILLRACE_TIMEOUT';
  override readonly retryable = true;
  override readonly status = 504;
  readonly operation: string;
  readonly limitMs: number;
  constructor(operation: string, limitMs: number, options?: ErrorOptions) {
    super(`${operation} did not finish within ${Math.round(limitMs)} ms`, options);
    this.operation = operation;
    this.limitMs = limitMs;
  }
}
