import { type Duration, duration, required, resolveOptions } from '../../kernel/index.ts';

export interface TimeoutOptions {
  /** Longest time one attempt may take, `'1ms'` to `'1d'`. The tighter of this and the deadline of the call wins. */
  readonly limit: Duration;
}

const rules = { limit: required(duration('1ms', '1d')) };

/** @internal */
export const resolveTimeoutOptions = (given: TimeoutOptions | Duration): { readonly limitMs: number } =>
  resolveOptions('timeout', typeof given === 'object' ? given : { limit: given }, rules);
