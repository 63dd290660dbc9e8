import type { CallContext } from './context/context.ts';

/** One thing that can be asked for: an input and the context of the call in, a promise out. */
export type Call<In, Out> = (input: In, context: CallContext) => Promise<Out>;

/** Wraps a call in one more habit (a limit, a retry, a cache) and is a call again. */
export type Layer<In, Out> = (next: Call<In, Out>) => Call<In, Out>;

/** Stacks layers around a call. The first one listed is the outermost: it meets the call first and the answer last. */
export const compose =
  <In, Out>(...layers: readonly Layer<In, Out>[]) =>
  (call: Call<In, Out>): Call<In, Out> =>
    layers.reduceRight((next, layer) => layer(next), call);
