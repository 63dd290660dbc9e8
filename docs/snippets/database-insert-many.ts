import type { Database } from 'millrace/database';

/** Any iterable will do, also one that reads a file as it goes: a few thousand rows are held at a time. */
export async function importProducts(database: Database, rows: AsyncIterable<{ id: number; name: string; price: string }>): Promise<number> {
  const { written } = await database.insertMany('shop.products', rows, { conflict: 'skip' });
  return written;
}
