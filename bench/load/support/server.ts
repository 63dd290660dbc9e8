// node server.ts <layer|pg|bare> <database URL>: the retail routes on Fastify, once with the layer and all that the service uses of it, once on pg's pool alone.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { createMillrace } from 'millrace';
import { millraceFastify, millraceServer } from 'millrace/fastify';
import { Pool } from 'pg';
import { mountRoutes } from '../../../services/retail/adapters/http/mount.ts';
import { productRoutes } from '../../../services/retail/adapters/http/routes/products.ts';
import { saleRoutes } from '../../../services/retail/adapters/http/routes/sales.ts';
import { productOf } from '../../../services/retail/adapters/postgres/product-store.ts';
import { reportStore } from '../../../services/retail/adapters/postgres/report-store.ts';
import { createRetail } from '../../../services/retail/main.ts';
import { cursorKey, noLog } from './retail.ts';

/** The service as it is: context, ids, problems, limits, figures and waterfall of every request, cache, own pool, monitoring that looks once a second. */
async function withLayer(url: string): Promise<FastifyInstance> {
  const millrace = await createMillrace({ databaseUrl: url, environment: 'production' }, { env: pick(process.env, 'TELEMETRY_ENABLED') });
  const app = fastify(millraceServer()) as unknown as FastifyInstance;
  await app.register(millraceFastify, { millrace });
  await createRetail({ millrace, app, log: noLog, cursorKey, restockEveryMs: 0 }).routes();
  return app;
}

const productText = `select id, sku, name, category_id as "categoryId", price_pence as "pricePence", version, discontinued_at as "discontinuedAt",
  created_at as "createdAt", updated_at as "updatedAt" from retail.products where id = $1 and discontinued_at is null`;

/** The same routes with the same schemas, each request one statement, prepared by name, on as many connections as the layer may open. */
async function onPgAlone(url: string): Promise<FastifyInstance> {
  const pool = new Pool({ connectionString: url, max: 20 });
  const unused = new Proxy({}, { get: () => () => Promise.reject(new Error('not measured here')) }) as never;
  const getProduct = async (id: number): Promise<ReturnType<typeof productOf>> => {
    const { rows } = await pool.query({ name: 'product', text: productText, values: [id] });
    if (!rows[0]) throw new Error(`no product ${id}`);
    return productOf(rows[0]);
  };
  const reports = reportStore({ rows: async (text, values) => (await pool.query({ text, values: [...(values ?? [])] })).rows });
  const app = fastify();
  const catalogue = Object.assign(Object.create(unused), { getProduct });
  const routes = [...productRoutes(catalogue, unused, unused), ...saleRoutes(unused, (query) => reports.salesReport(query))];
  await mountRoutes(app, routes, { version: '0', policy: () => ({}) });
  return app;
}

/** One fixed answer of the same size, no framework: what the machine and Node can do at all. */
function bareNode(): Server {
  const body = Buffer.from(
    JSON.stringify({
      id: 1,
      sku: '22423',
      name: 'REGENCY CAKESTAND 3 TIER',
      categoryId: 7,
      pricePence: 1275,
      version: 1,
      createdAt: firstDay,
      updatedAt: firstDay,
    }),
  );
  return createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length });
    response.end(body);
  });
}
const firstDay = '2010-12-01T08:26:00.000Z';

const pick = (env: NodeJS.ProcessEnv, name: string): NodeJS.ProcessEnv => (env[name] === undefined ? {} : { [name]: env[name] });

async function listening(side: 'layer' | 'pg' | 'bare', url: string): Promise<Server> {
  if (side === 'bare') {
    const server = bareNode().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }
  const app = side === 'layer' ? await withLayer(url) : await onPgAlone(url);
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app.server;
}

const [side, url] = process.argv.slice(2) as ['layer' | 'pg' | 'bare', string];
const server = await listening(side, url);
process.send?.({ port: (server.address() as AddressInfo).port });
process.on('message', (question) => {
  if (question === 'stop') process.exit(0);
  const { user, system: kernel } = process.cpuUsage();
  process.send?.({ cpuUs: user + kernel });
});
process.on('disconnect', () => process.exit(1)); // the run was cut off
