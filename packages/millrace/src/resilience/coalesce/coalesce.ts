import type { Layer } from '../../kernel/index.ts';
import { type CoalescePorts, type CoalesceStats, Flights } from './flights.ts';
import type { CoalesceOptions } from './options.ts';

export interface CoalesceLayer<In, Out> extends Layer<In, Out> {
  stats(): CoalesceStats;
}

/**
 * One run per key however many ask: calls whose input has the same key while a run is on its way get that run's answer, or its error.
 * Each caller may leave by its own abort or deadline without stopping the others; when the last one leaves, the run is aborted.
 *
 * `keyOf` must tell apart all that makes a difference to the answer, the user included where the answer is a user's own.
 *
 * @throws MILLRACE_COALESCE_LOOP when a run asks for its own key, MILLRACE_DEADLINE and MILLRACE_ABORTED to the caller they belong to.
 */
export function coalesce<In, Out>(keyOf: (input: In) => string | number | bigint, options?: CoalesceOptions, ports?: CoalescePorts): CoalesceLayer<In, Out> {
  const flights = new Flights<string | number | bigint, Out>(options, ports);
  const layer: Layer<In, Out> = (next) => {
    return async (input, context) => flights.run(keyOf(input), (shared) => next(input, shared), context);
  };
  return Object.assign(layer, { stats: () => flights.stats() });
}
