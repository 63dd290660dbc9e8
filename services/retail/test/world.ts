import Fastify, { type FastifyInstance } from 'fastify';
import { createMillrace, type Millrace } from 'millrace';
import { createDatabase } from 'millrace/database';
import { millraceFastify } from 'millrace/fastify';
import { inject } from 'vitest';
import { createRetail, type ImportReport, type Retail, type RetailOptions } from '../main.ts';

/** The service on a database of its own, with its routes and (unless said otherwise) its sales. */
export interface World {
  readonly url: string;
  readonly millrace: Millrace;
  readonly app: FastifyInstance;
  readonly retail: Retail;
  readonly report: ImportReport | undefined;
  /** `GET /retail/products/:id` and so on: what is really served. */
  readonly served: readonly string[];
  /** What the service logged. */
  readonly logged: readonly { readonly level: string; readonly fields: Record<string, unknown>; readonly text: string }[];
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  send(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  stop(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect
  readonly body: any;
}

export interface WorldOptions extends Partial<RetailOptions> {
  /** What the service connects to in place of the server: a proxy in front of it. */
  readonly through?: ((url: string) => string | Promise<string>) | undefined;
  /** false: no tables, no sales. */
  readonly starts?: boolean | undefined;
  readonly maxConnections?: number | undefined;
}

let worlds = 0;

/** A new database on the run's server, and its address. */
export async function scratchDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const server = new URL(inject('databaseUrl'));
  const name = `retail_test_${process.pid}_${++worlds}`;
  const asAdmin = async (text: string): Promise<void> => {
    const admin = createDatabase({ url: server.href, pool: { minConnections: 0, maxConnections: 1 } });
    await admin.start();
    await admin.executeQuery(text);
    await admin.stop();
  };
  await asAdmin(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => asAdmin(`drop database ${name} with (force)`) };
}

export async function startWorld({ through = (url) => url, starts = true, maxConnections = 10, ...options }: WorldOptions = {}): Promise<World> {
  const { url, drop } = await scratchDatabase();
  const config = {
    environment: 'test',
    databaseUrl: await through(url),
    database: { pool: { minConnections: 0, maxConnections, acquireTimeout: '3s' } },
  } as const;
  const millrace = await createMillrace(config, { env: {} });
  const app = Fastify({ logger: false });
  await app.register(millraceFastify, { millrace });
  const logged: { level: string; fields: Record<string, unknown>; text: string }[] = [];
  const note = (level: string) => (fields: object, text: string) => void logged.push({ level, fields: { ...fields }, text });
  const log = { info: note('info'), warn: note('warn') };
  const retail = createRetail({ millrace, app, log, cursorKey: 'a key for the cursors of tests', restockEveryMs: 0, ...options });
  const served: string[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    if (method !== 'HEAD') served.push(`${method} ${url}`);
  });
  const report = starts ? await retail.start() : undefined;
  await retail.routes();
  await app.ready();
  const answer = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body: unknown, headers: Record<string, string>): Promise<Answer> => {
    const response = await app.inject({ method, url: path, headers, ...(body === undefined ? {} : { payload: body as object }) });
    return { status: response.statusCode, headers: response.headers, body: response.body === '' ? undefined : JSON.parse(response.body) };
  };
  return {
    ...{ url, millrace, app, retail, report, served, logged },
    get: (path, headers = {}) => answer('GET', path, undefined, headers),
    send: (method, path, body, headers = {}) => answer(method, path, body, headers),
    async stop() {
      await retail.stop();
      await millrace.stop();
      await drop();
    },
  };
}
