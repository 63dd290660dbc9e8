import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { createRetail, type ImportProgress, type Retail } from '@millrace/retail';
import fastify, { type FastifyInstance } from 'fastify';
import { createMillrace, type Millrace } from 'millrace';
import { platformNote } from 'millrace/database';
import { millraceFastify, millraceServer } from 'millrace/fastify';
import type { DemoArguments } from './arguments.ts';
import { banner } from './banner.ts';
import { removeConnection, writeConnection } from './connection-file.ts';
import { cursorKey } from './cursor-key.ts';
import { buildDashboard } from './dashboard.ts';
import { Fleet, type FleetFacts } from './fleet.ts';
import { demoLog } from './log.ts';
import type { Ordered } from './ordered.ts';
import { progressLine, type Say } from './progress.ts';
import { TrafficProcess } from './traffic-process.ts';

const warn: Say = (line) => void process.stderr.write(`${line}\n`);

/** Everything, in order; each step is taken back by `ordered.stop()`. Throws what keeps it from running. */
export async function start({ traffic, rate, processes }: DemoArguments, ordered: Ordered, say: Say): Promise<void> {
  const beganMs = performance.now();
  const note = platformNote();
  if (note !== undefined) say(note);
  const dashboard = buildDashboard(say);
  const millrace = await ordered.step(
    'Millrace',
    () => createMillrace(process.env['OTEL_SERVICE_NAME'] ? {} : { service: 'retail' }, { warn, log: demoLog(say) }),
    stopMillrace,
  );
  tellOfTheDatabase(millrace, say);
  const directory = resolve(millrace.setting<string>('database.embedded.directory'));
  const [host, port] = [millrace.setting<string>('http.host'), millrace.setting<number>('http.port')];
  await ordered.step('the port', () => requireFree(host, port));
  const url = millrace.embedded?.url ?? millrace.setting<string>('databaseUrl');
  await ordered.step(
    'the connection file',
    async () => writeConnection(directory, { url, pid: process.pid }),
    async () => removeConnection(directory),
  );
  await dashboard;
  const app = await ordered.step('the application', () => makeApp(millrace)); // closed by Millrace, which first says that it is not ready
  const retail = await ordered.step(
    'the retail service',
    () => openRetail(millrace, app, directory, say),
    (opened) => opened.stop(),
  );
  await retail.routes();
  const address = await ordered.step('HTTP', () => listen(app, host, port));
  const visitors = traffic
    ? await ordered.step(
        'the traffic',
        async () => new TrafficProcess(address, rate, say),
        (child) => child.stop(),
      )
    : undefined;
  const words = visitors ? `${rate} requests per second, from a process of its own (pid ${visitors.pid})` : 'off (--no-traffic)';
  say(banner({ ...(await facts(millrace)), url: address, traffic: words, tookMs: performance.now() - beganMs }));
  if (processes > 1) await openFleet(millrace, { host, port, databaseUrl: url, more: processes - 1 }, ordered, say);
}

/** More processes beside this one, and a line whenever one of them gives another answer. */
async function openFleet(millrace: Millrace, facts: Omit<FleetFacts, 'productId'>, ordered: Ordered, say: Say): Promise<void> {
  const [product] = await millrace.executeQuery<{ id: number }>('select min(id) as id from retail.products where discontinued_at is null');
  const fleet = new Fleet({ ...facts, productId: product?.id ?? 1 }, say);
  await ordered.step(
    'the fleet',
    () => fleet.start(),
    () => fleet.stop(),
  );
  say(`${fleet.ports.length} processes answer on ports ${fleet.ports.join(', ')}, each with a memory of its own. Change a row past all of them:`);
  say(`  npm run psql -- -c "update retail.products set name = 'TEA' where id = ${product?.id}"`);
}

/** HTTP first, without a failed request, then what it stands on, last the embedded server. */
async function stopMillrace(millrace: Millrace): Promise<void> {
  const failures = await millrace.stop();
  if (failures.length > 0) throw new Error(failures.map(({ message }) => message).join('; '));
}

function tellOfTheDatabase(millrace: Millrace, say: Say): void {
  const { embedded } = millrace;
  if (embedded) say(`${embedded.adopted ? 'Took over a running' : 'Started'} PostgreSQL ${embedded.version} in ${embedded.dataDirectory}`);
  millrace.on('database.embedded.exited', ({ lastWords, retryInMs }) =>
    say(`PostgreSQL ended${lastWords === '' ? '' : ` (${lastWords})`}; it is started again in ${retryInMs} ms`),
  );
  millrace.on('database.embedded.started', ({ tookMs }) => say(`PostgreSQL is back after ${tookMs} ms`));
  millrace.on('database.embedded.failed', ({ restarts }) => say(`PostgreSQL ended once more after ${restarts} restarts and stays down; start the demo again`));
}

async function makeApp(millrace: Millrace): Promise<FastifyInstance> {
  const app = fastify({ ...millraceServer(), logger: false });
  await app.register(millraceFastify, { millrace });
  return app;
}

async function openRetail(millrace: Millrace, app: FastifyInstance, directory: string, say: Say): Promise<Retail> {
  const { show, end } = progressLine(say);
  const onProgress = ({ table, done, total }: ImportProgress): void => show(`Importing the sales: ${table}`, done, total);
  const log = { info: (_: object, text: string) => say(text), warn: (_: object, text: string) => warn(text) };
  const migrations = millrace.setting<'auto' | 'check' | 'off'>('database.migrate');
  const retail = createRetail({ millrace, app, log, cursorKey: cursorKey(millrace, directory), migrations, onProgress });
  await retail.start();
  end();
  return retail;
}

/** Asked before the import, so that a port in use costs nobody a wait; `listen` asks once more. */
const requireFree = (host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => reject(inWords(error, host, port)));
    probe.listen(port, host, () => probe.close(() => resolve()));
  });

async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    throw inWords(error, host, port);
  }
}

function inWords(error: unknown, host: string, port: number): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const words: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} of ${host} is in use: stop what listens there, or start with another PORT`,
    EACCES: `Port ${port} may not be used by this user: start with a PORT from 1024 to 65535`,
    EADDRNOTAVAIL: `HOST is ${host}, which is no address of this machine: write one that is, such as 127.0.0.1`,
    ENOTFOUND: `HOST is ${host}, which is no address: write one of this machine, such as 127.0.0.1`,
  };
  return Object.assign(new Error(words[code ?? ''] ?? message), { code: code ?? 'LISTEN' });
}

/** What the banner says of the parts, asked of the parts. */
async function facts(
  millrace: Millrace,
): Promise<Pick<Parameters<typeof banner>[0], 'products' | 'database' | 'dataDirectory' | 'wantedDirectory' | 'versions'>> {
  const rows = await millrace.executeQuery("select count(*)::int as products, current_setting('server_version') as version from retail.products");
  const { products, version } = rows[0] as { products: number; version: string };
  const { embedded } = millrace;
  const { hostname, port, pathname } = new URL(embedded?.url ?? millrace.setting<string>('databaseUrl'));
  return {
    products,
    database: `${embedded ? 'embedded PostgreSQL' : 'PostgreSQL'} at ${hostname}:${port || '5432'}, database ${pathname.slice(1)}`,
    dataDirectory: embedded?.dataDirectory,
    wantedDirectory: embedded?.wantedDirectory,
    versions: `Node ${process.versions.node}, PostgreSQL ${version.split(' ')[0]}`,
  };
}
