import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { createDatabase } from 'millrace/database';

const products = pgTable('products', { id: integer().primaryKey(), name: text().notNull() });

const database = createDatabase({ url: process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1/postgres' });
await database.start();

const orm = drizzle({ client: database.pool() });
export const tea = await orm.select().from(products).where(eq(products.name, 'tea'));
