import { createDatabase } from 'millrace/database';

const database = createDatabase({
  url: process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1/postgres',
  pool: { maxConnections: 20, acquireTimeout: '5s', statementTimeout: '30s' },
});
await database.start();

interface Product {
  id: number;
  name: string;
}
const products = await database.query<Product>('select id, name from products where category_id = $1', [7], { timeout: '500ms' });
const changed = await database.execute('update products set name = $2 where id = $1', [42, 'tea']);

const { pool } = database.stats();
process.stdout.write(`${products.length} products, ${changed} changed, ${pool.inUse} of ${pool.maxConnections} connections in use, ${pool.waiting} waiting\n`);
await database.stop();
