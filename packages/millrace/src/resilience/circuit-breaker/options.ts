import { type Duration, duration, integer, passed, ratio, resolveOptions } from '../../kernel/index.ts';

export interface CircuitBreakerOptions {
  /** Failures in a row that open it, 1 to 1,000. Used unless `ratio` is given. @default 5 */
  readonly failures?: number | undefined;
  /** Share of failed calls in the window that opens it, 0.01 to 1. Given, it takes the place of `failures`. */
  readonly ratio?: number | undefined;
  /** Calls the ratio is taken over: the last so many, 10 to 10,000. @default 100 */
  readonly window?: number | undefined;
  /** Calls the window must hold before the ratio says anything, 1 to 10,000. @default 10 */
  readonly minimumCalls?: number | undefined;
  /** How long it stays open before it lets trials through, `'10ms'` to `'1h'`. @default '30s' */
  readonly reset?: Duration | undefined;
  /** Trials at once while half open, 1 to 100; everybody else is refused meanwhile. @default 1 */
  readonly trials?: number | undefined;
  /** Trials in a row that must succeed before it closes, 1 to 100. @default 1 */
  readonly successes?: number | undefined;
  /** Which errors are failures of the service. Default: all but an abort by the caller, a refusal of our own and answers of the 4xx kind. */
  readonly counts?: ((error: unknown) => boolean) | undefined;
}

const rules = {
  failures: integer(1, 1000, 5),
  ratio: { ...ratio(0.01, 1, 0.5), fallback: undefined },
  window: integer(10, 10_000, 100),
  minimumCalls: integer(1, 10_000, 10),
  reset: duration('10ms', '1h', '30s'),
  trials: integer(1, 100, 1),
  successes: integer(1, 100, 1),
  counts: passed<(error: unknown) => boolean>(),
};

export interface ResolvedBreakerOptions {
  readonly failures: number;
  readonly ratio: number | undefined;
  readonly window: number;
  readonly minimumCalls: number;
  readonly resetMs: number;
  readonly trials: number;
  readonly successes: number;
  readonly counts: ((error: unknown) => boolean) | undefined;
}

/** @internal */
export const resolveBreakerOptions = (given: CircuitBreakerOptions | undefined): ResolvedBreakerOptions => resolveOptions('breaker', given, rules);
