import { integer, resolveOptions } from '../../kernel/index.ts';

export interface CoalesceOptions {
  /** Keys in flight at once, 1 to 1,000,000. Past it a call runs by itself, uncoalesced, and is counted as `bypassed`. @default 10_000 */
  readonly maxKeys?: number | undefined;
}

const rules = { maxKeys: integer(1, 1_000_000, 10_000) };

/** @internal */
export const resolveCoalesceOptions = (given: CoalesceOptions | undefined): { readonly maxKeys: number } => resolveOptions('coalesce', given, rules);
