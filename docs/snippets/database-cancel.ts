import type { Database } from 'millrace/database';

/** The report stops on the server when its reader leaves, or after two seconds. */
export async function report(database: Database, leaving: AbortSignal): Promise<object[]> {
  return await database.query('select store_id, sum(amount) as amount from sales group by store_id', [], { signal: leaving, timeout: '2s' });
}
