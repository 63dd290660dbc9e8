import { type Duration, durationMs } from '../options/units.ts';
import type { Recorder, System } from '../ports.ts';
import { currentContext } from '../system/scope.ts';
import { CallContext } from './context.ts';
import { type Priority, priorities, priorityOf } from './priority.ts';

/** What every asynchronous call takes. A `CallContext` is one too. Not passed, it comes from the running context; the tighter limit wins. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Longest time for this call: `'200ms'`, `'2s'` or ms. */
  readonly timeout?: Duration | undefined;
  readonly priority?: Priority | undefined;
}

/** What a request brings along. Everything may be left out. */
export interface RootOptions extends CallOptions {
  readonly correlationId?: string | undefined;
  readonly traceId?: string | undefined;
  readonly caller?: string | undefined;
  readonly recorder?: Recorder | undefined;
}

/** The first context of a request, job or script. */
export function rootContext(system: System, operation: string, options: RootOptions = {}): CallContext {
  const { ids } = system;
  const identity = {
    system,
    correlationId: options.correlationId ?? ids.next(),
    traceId: options.traceId ?? ids.hex(16),
    caller: options.caller,
    recorder: options.recorder,
  };
  const priority = options.priority === undefined ? priorities.normal : priorityOf(options.priority);
  return new CallContext(identity, operation, deadlineOf(system, options), priority, -1, undefined, options.signal);
}

/** The context of one call from what its caller passed: a context, plain options, or nothing (then the running context is taken). */
export function contextOf(system: System, operation: string, given: CallOptions | CallContext | undefined): CallContext {
  if (given instanceof CallContext) return given.with({ operation });
  const running = currentContext();
  if (!running) return rootContext(system, operation, given);
  if (given === undefined) return running.with({ operation });
  const priority = given.priority === undefined ? undefined : priorityOf(given.priority);
  const narrowed = running.with({ operation, deadlineMs: deadlineOf(system, given), priority });
  return given.signal ? narrowed.withSignal(given.signal) : narrowed;
}

const deadlineOf = ({ clock }: System, { timeout }: CallOptions): number =>
  timeout === undefined ? Number.POSITIVE_INFINITY : clock.monotonicMs() + durationMs(timeout);
