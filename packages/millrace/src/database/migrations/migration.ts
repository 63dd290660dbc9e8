import { createHash } from 'node:crypto';
import { MigrationError } from './errors.ts';

/** One step of a schema. Written once, never changed afterwards: what is wrong in it is put right by the next. */
export interface Migration {
  /** `area:0001`: the area in lower case, four digits. Each area's run in the order of their digits. */
  readonly id: string;
  /** One or more statements, without BEGIN and COMMIT. */
  readonly sql: string;
  /** `false` runs the statement outside a transaction, for CREATE INDEX CONCURRENTLY and its like: exactly one statement then. @default true */
  readonly transaction?: boolean | undefined;
}

/** Line ends do not count: a checkout on another system must not look like a change. */
export const checksumOf = ({ sql }: Migration): string => createHash('sha256').update(sql.replaceAll('\r\n', '\n').trim()).digest('hex');

/** Checks ids and order: areas as they are handed over, each area's own in ascending order. @throws MILLRACE_MIGRATION */
export function checkMigrations(migrations: readonly Migration[]): void {
  const newest = new Map<string, string>();
  for (const { id, sql } of migrations) {
    const area = /^([a-z][a-z0-9-]*):\d{4}$/.exec(id)?.[1];
    if (area === undefined) throw new MigrationError(id, 'its id is not of the form area:0001');
    const before = newest.get(area);
    if (before !== undefined && before >= id) throw new MigrationError(id, `it comes after ${before}`);
    if (sql.trim() === '') throw new MigrationError(id, 'it has no statement');
    newest.set(area, id);
  }
}
