import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const sqlOf = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8');

/** The schema of the service, in the order it grew. An id is never used for other SQL. */
export const retailMigrations = [
  { id: 'retail:0001', name: 'tables', sql: sqlOf('0001-tables.sql') },
  { id: 'retail:0002', name: 'indexes', sql: sqlOf('0002-indexes.sql') },
  { id: 'retail:0003', name: 'product search', sql: sqlOf('0003-product-search.sql') },
] as const;
