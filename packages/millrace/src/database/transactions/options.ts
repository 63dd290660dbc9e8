import { CallContext, type CallOptions, flag, integer, oneOf, resolveOptions } from '../../kernel/index.ts';

export interface TransactionOptions extends CallOptions {
  /** PostgreSQL section 13.2. @default 'read committed' */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable' | undefined;
  /** How often the whole callback is run again after a serialization failure or a deadlock (40001, 40P01), 0 to 20. It must be repeatable. @default 0 */
  readonly retries?: number | undefined;
  /** Writes are refused by the server. @default false */
  readonly readOnly?: boolean | undefined;
}

const rules = { isolation: oneOf(['read committed', 'repeatable read', 'serializable'], 'read committed'), retries: integer(0, 20, 0), readOnly: flag(false) };

/** @internal */
export interface ResolvedTransactionOptions {
  readonly begin: string;
  readonly retries: number;
}

/** @internal */
export function resolveTransactionOptions(given: TransactionOptions | CallContext | undefined): ResolvedTransactionOptions {
  const { signal: _signal, timeout: _timeout, priority: _priority, ...own } = given instanceof CallContext ? ({} as TransactionOptions) : (given ?? {});
  const { isolation, retries, readOnly } = resolveOptions('transaction', own, rules);
  return { begin: `begin isolation level ${isolation}${readOnly ? ' read only' : ''}`, retries };
}
