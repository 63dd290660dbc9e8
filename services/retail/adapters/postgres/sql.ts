import type { Call } from '../../domain/ports.ts';

/** What the SQL of this service needs: rows of a statement, be it on the pool or inside a transaction. */
export interface Sql {
  rows<Row>(text: string, values?: readonly unknown[], call?: Call): Promise<Row[]>;
}

/** The same, and transactions. */
export interface Database extends Sql {
  transaction<Result>(work: (on: Sql) => Promise<Result>, call?: Call): Promise<Result>;
}

/** A time as JSON has it. */
export const iso = (time: Date): string => time.toISOString();

/** SQLSTATE of a failed statement, however it is wrapped; undefined where it was none. */
export function sqlStateOf(error: unknown): string | undefined {
  for (let one = error; one instanceof Error; one = one.cause) {
    const { sqlState, code } = one as { sqlState?: unknown; code?: unknown };
    const state = sqlState ?? code;
    if (typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state)) return state;
  }
  return undefined;
}

export const uniqueViolation = '23505';
export const foreignKeyViolation = '23503';
