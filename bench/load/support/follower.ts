// node follower.ts <database URL>: a process whose cache names the table of the writers, and follows its changes. Says `ready` when it does.
import { createMillrace } from 'millrace';

const millrace = await createMillrace({ databaseUrl: process.argv[2] as string, database: { pool: { minConnections: 1 } } }, { env: {}, warn: () => {} });
const item = millrace.cache.entity(
  'item',
  (ids: readonly number[], call) => millrace.database.query<{ id: number }>('select * from items where id = any($1)', [ids], call),
  { key: (row) => row.id, ttl: '1h', tables: { items: (row) => row.id } },
);
await item.getMany(Array.from({ length: 1000 }, (_, at) => at + 1));
while (millrace.stats().changes?.level !== 'logical') await new Promise((resolve) => setTimeout(resolve, 20));
process.send?.('ready');
process.once('message', () => void millrace.stop().then(() => process.exit(0)));
process.once('disconnect', () => process.exit(1));
