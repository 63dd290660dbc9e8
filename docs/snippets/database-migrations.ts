import { createDatabase, type Migration, migrate, printMigrations } from 'millrace/database';

const migrations: readonly Migration[] = [
  { id: 'shop:0001', sql: 'create table products (id bigint primary key generated always as identity, name text not null)' },
  { id: 'shop:0002', sql: 'create index concurrently idx_products_name on products (name)', transaction: false },
];

const database = createDatabase({ url: process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1/postgres' });
const ports = { connect: () => database.connectDirect() };

if (process.argv.includes('--print')) process.stdout.write(await printMigrations(migrations, ports));
else await migrate(migrations, { mode: process.env['NODE_ENV'] === 'production' ? 'check' : 'auto' }, ports);
