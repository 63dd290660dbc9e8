import type { Clock } from './clock.ts';
import { LifecycleError } from './errors.ts';

/** Whatever runs longer than a call. Stopping twice, or before it started, is harmless. */
export interface Lifecycle {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A part of an ordered start or stop, and how long it may take. */
export interface Step {
  readonly part: Lifecycle;
  readonly startLimitMs: number;
  readonly stopLimitMs: number;
}

/** Starts in order. When one fails, those already started are stopped again, last first, and the failure is thrown. */
export async function startInOrder(steps: readonly Step[], clock: Clock): Promise<void> {
  for (const [index, { part, startLimitMs }] of steps.entries()) {
    try {
      await within(part, 'start', startLimitMs, clock);
    } catch (error) {
      await stopInOrder(steps.slice(0, index + 1), clock);
      throw error;
    }
  }
}

/** Stops in reverse order, each step within its own limit; a step that fails does not keep the next from being stopped. Returns what failed. */
export async function stopInOrder(steps: readonly Step[], clock: Clock): Promise<LifecycleError[]> {
  const failures: LifecycleError[] = [];
  for (const { part, stopLimitMs } of [...steps].reverse()) {
    try {
      await within(part, 'stop', stopLimitMs, clock);
    } catch (error) {
      failures.push(error instanceof LifecycleError ? error : new LifecycleError(part.name, 'stop', stopLimitMs, { cause: error }));
    }
  }
  return failures;
}

const within = (part: Lifecycle, verb: 'start' | 'stop', limitMs: number, clock: Clock): Promise<void> =>
  new Promise((resolve, reject) => {
    const cancel = clock.after(limitMs, () => reject(new LifecycleError(part.name, verb, limitMs)));
    part[verb]().then(resolve, reject).finally(cancel);
  });
