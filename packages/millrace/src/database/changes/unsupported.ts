import { messageOf } from '../../kernel/index.ts';

/** Changes cannot be followed here until somebody changes the server; `sql` is what would. */
export class Unsupported extends Error {
  readonly sql: string;
  constructor(reason: string, sql: string) {
    super(reason);
    this.sql = sql;
  }
}

/** What the server refuses, in those words; undefined for what may pass by itself. */
export function unsupportedOf(error: unknown): Unsupported | undefined {
  if (isRefusal(error)) return new Unsupported(`the role may not replicate: ${messageOf(error)}`, 'alter role … replication;');
  if (/^53[34]00$/.test(stateOf(error))) {
    return new Unsupported(
      `no slot or sender is free: ${messageOf(error)}`,
      'alter system set max_replication_slots = …; alter system set max_wal_senders = …;',
    );
  }
  return undefined;
}

/** Class 28 and 42501: not authorised, not permitted; 55000 and 0A: the server is not set up for it. */
export const isRefusal = (error: unknown): boolean => /^(28|42501|55000|0A)/.test(stateOf(error));

/** SQLSTATE of an error of ours, or of the server's own. */
function stateOf(error: unknown): string {
  const { sqlState, code } = (error ?? {}) as { readonly sqlState?: unknown; readonly code?: unknown };
  return typeof sqlState === 'string' ? sqlState : typeof code === 'string' ? code : '';
}
