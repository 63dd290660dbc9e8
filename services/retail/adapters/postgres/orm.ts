import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { Database } from 'millrace/database';
import type { Pool } from 'pg';

/** Drizzle on Millrace's pool. Its types ask for pg's own class, where the face has the same calls. */
export const ormOn = (database: Pick<Database, 'pool'>): NodePgDatabase => drizzle(database.pool() as unknown as Pool);
