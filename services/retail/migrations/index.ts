import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Migration } from 'millrace/database';

const sqlOf = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8');

/** The schema of the service, in the order it grew. An id is never used for other SQL. */
export const retailMigrations: readonly Migration[] = [
  { id: 'retail:0001', sql: sqlOf('0001-tables.sql') },
  { id: 'retail:0002', sql: sqlOf('0002-indexes.sql') },
  { id: 'retail:0003', sql: sqlOf('0003-product-search.sql') },
];
