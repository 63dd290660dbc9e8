import { type Duration, duration, flag, type Priority, priorities, priorityOf, type Resolved, type Rule, resolveOptions } from '../../kernel/index.ts';

/** What one route may say about its requests. */
export interface RouteOptions {
  /** Longest time until the answer, `'1ms'` to `'1d'`; past it everything below is told to stop and the client gets 504. The client may ask for less. @default none */
  readonly timeout?: Duration | undefined;
  /** A request above this is told as slow, `'1ms'` to `'1h'`. @default `PERF_RESPONSE_TIME_MS`, 2000 ms */
  readonly slow?: Duration | undefined;
  /** How soon it gets a connection, a slot, a worker: a name, or a number from 1 to 100, larger is sooner. @default 'normal' */
  readonly priority?: Priority | undefined;
  /** True where an answer has no end of its own, such as an event stream: it is not measured, and a stop ends it at once. @default false */
  readonly stream?: boolean | undefined;
}

const priority: Rule<Priority, number> & { readonly fallback: Priority } = {
  suffix: '',
  allowed: 'critical, high, normal, low, or a whole number from 1 to 100',
  fallback: 'normal',
  read(value) {
    if (typeof value === 'string') return Object.hasOwn(priorities, value) ? priorityOf(value as Priority) : undefined;
    return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 100 ? (value as number) : undefined;
  },
};

const rules = { timeout: duration('1ms', '1d'), slow: duration('1ms', '1h'), priority, stream: flag(false) };

/** Everything about a route that its requests need, worked out once. */
export interface RoutePlan {
  readonly method: string;
  /** The template: `/products/:id`; undefined where no route was found. */
  readonly route: string | undefined;
  /** `GET /products/:id`, the operation of its contexts. */
  readonly operation: string;
  /** `Infinity` without a limit. */
  readonly timeoutMs: number;
  /** The route's own; without one the limit of the figures counts. */
  readonly slowMs: number | undefined;
  readonly priority: number;
  readonly isStream: boolean;
}

/** @throws MILLRACE_CONFIG naming the route, the word, what was found and what is allowed. */
export function planOf(method: string, route: string | undefined, given?: RouteOptions): RoutePlan {
  const operation = `${method} ${route ?? 'other'}`;
  const read: Resolved<typeof rules> = resolveOptions(`config.millrace of ${operation}`, given, rules);
  const timeoutMs = read.timeoutMs ?? Number.POSITIVE_INFINITY;
  return { method, route, operation, timeoutMs, slowMs: read.slowMs, priority: read.priority, isStream: read.stream };
}
