import { createMillrace } from 'millrace';

const millrace = await createMillrace({
  databaseUrl: process.env['DATABASE_URL'],
  cache: { memory: { size: '256MiB' } },
  database: { pool: { maxConnections: 20, acquireTimeout: '5s' } },
});
const off = millrace.on('database.pool.exhausted', ({ waiting, maxConnections }) => console.warn({ waiting, maxConnections }));
process.once('SIGTERM', () => {
  off();
  void millrace.stop({ grace: '20s' });
});
