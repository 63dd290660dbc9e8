import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { Database } from 'millrace/database';

/** Drizzle on Millrace's pool. */
export const ormOn = (database: Pick<Database, 'pool'>): NodePgDatabase => drizzle(database.pool());
