// node postgres.ts [lines]: an embedded PostgreSQL on the core of this process, with the retail service's tables, indexes and sales; `lines` grows them.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import { createCache } from 'millrace/cache';
import { createDatabase, startEmbedded } from 'millrace/database';
import { amplify, createRetail } from '../../../services/retail/main.ts';
import { cursorKey, noLog } from './retail.ts';

const lines = Number(process.argv[2] ?? 0);
const home = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
chmodSync(home, 0o755); // started as root, the server runs as another user
const settings = { shared_buffers: '512MB', jit: 'off', autovacuum: 'off', synchronous_commit: 'off' };
const server = await startEmbedded({ directory: join(home, 'server'), settings });
const database = createDatabase({ url: server.url });
await database.start();
const retail = createRetail({ millrace: { database, cache: createCache() }, app: fastify(), log: noLog, cursorKey, restockEveryMs: 0 });
await retail.start();
if (lines > 0) await amplify(database, { lines });
await database.executeQuery('vacuum analyze');
const products = await database.executeQuery<{ id: number }>('select id from retail.products where discontinued_at is null order by id');
const stores = await database.executeQuery<{ id: number }>('select id from retail.stores order by id');
const [{ first, last, version } = { first: '', last: '', version: '' }] = await database.executeQuery<{ first: string; last: string; version: string }>(
  `select to_char(min(created_at) at time zone 'UTC', 'YYYY-MM-DD') as first, to_char(max(created_at) at time zone 'UTC', 'YYYY-MM-DD') as last,
     current_setting('server_version') as version from retail.transactions`,
);
await database.stop();
process.send?.({ url: server.url, products: products.map(({ id }) => id), stores: stores.map(({ id }) => id), first, last, version });
async function end(code: number): Promise<void> {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
  process.exit(code);
}
process.once('message', () => void end(0));
process.once('disconnect', () => void end(1)); // the run was cut off
