import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { RangeName, Snapshot, ThresholdChange, Tick } from '../../../millrace/src/monitoring/api/schema.ts';
import { lengthsMs, Model, type ModelOptions } from './model.ts';

/**
 * A server with the paths of the real one: figures of a service that never was, over real HTTP and a real event stream, and handles to cause every state of the
 * dashboard: cut the stream, keep it silent, let one part fail, hold an answer back.
 */
export interface FixtureServer {
  /** Where the dashboard is: `http://127.0.0.1:12345/performance/ui/`. */
  readonly url: string;
  readonly model: Model;
  /** Ends every open stream and refuses new ones until `mend`. */
  cut(): void;
  mend(): void;
  /** The stream stays open and says nothing. */
  silent: boolean;
  /** Paths below `/performance` that fail, with the code they fail with. */
  readonly failing: Map<string, string>;
  /** Paths whose answers wait until the promise resolves. */
  readonly held: Map<string, Promise<void>>;
  /** Streams opened since the start, each with the id it resumed after. */
  readonly streams: { readonly resumedAfter: string | undefined }[];
  /** Compressed bytes sent for files, by name. */
  readonly sentBytes: Map<string, number>;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};
const mount = '/performance/ui/';

export async function fixtureServer(directory: string, options: Partial<ModelOptions> = {}, port = 0): Promise<FixtureServer> {
  const model = new Model({ trouble: true, quiet: false, ...options });
  const failing = new Map<string, string>();
  const held = new Map<string, Promise<void>>();
  const sentBytes = new Map<string, number>();
  const streams: { resumedAfter: string | undefined }[] = [];
  const open = new Set<ServerResponse>();
  let isCut = false;
  let eventId = 0;
  const handles = { silent: false };

  const write = (response: ServerResponse, event: string, data: unknown): void => {
    response.write(`id: ${eventId}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const ticking = setInterval(() => {
    if (handles.silent || open.size === 0) return;
    eventId += 1;
    const nowMs = Date.now();
    const { overall, inFlight, process: figures, cache, database, limits, endpoints } = model.metrics(nowMs);
    const tick: Tick = {
      atMs: nowMs,
      point: model.point(nowMs),
      overall,
      inFlight,
      process: figures,
      cache,
      database,
      limits,
      endpoints: endpoints.slice(0, 4),
    };
    for (const response of open) write(response, 'tick', tick);
  }, 1_000);

  const stream = (request: IncomingMessage, response: ServerResponse): void => {
    if (isCut) {
      response.destroy();
      return;
    }
    const last = request.headers['last-event-id'];
    streams.push({ resumedAfter: typeof last === 'string' ? last : undefined });
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    if (last === undefined) {
      const nowMs = Date.now();
      const snapshot: Snapshot = { metrics: model.metrics(nowMs), alerts: model.alerts(nowMs), health: model.health(nowMs), resilience: model.resilience() };
      write(response, 'snapshot', snapshot);
    } else response.write(': resumed\n\n');
    open.add(response);
    response.on('close', () => open.delete(response));
  };

  const server = createServer((request, response) => {
    void route(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname.startsWith(mount)) {
      file(url.pathname.slice(mount.length), request, response);
      return;
    }
    const path = url.pathname.replace(/^\/performance\//, '');
    await held.get(path);
    const code = failing.get(path);
    if (code !== undefined) problem(response, 503, code, 'The statistics query passed its limit of 2,000 ms');
    else if (path === 'events') stream(request, response);
    else await answer(path, url, request, response);
  }

  async function answer(path: string, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const given = url.searchParams.get('range') as RangeName | null;
    const range: RangeName = given && lengthsMs[given] ? given : '15m';
    const nowMs = Date.now();
    const [first = '', id = '', verb = ''] = path.split('/').map(decodeURIComponent);
    const reply = (value: unknown): void =>
      value === undefined ? problem(response, 404, 'MILLRACE_NOT_FOUND', 'Nothing of that name') : json(response, 200, value);
    if (request.method !== 'GET' && !request.headers['content-type']?.startsWith('application/json')) {
      problem(response, 415, 'MILLRACE_CONTENT_TYPE', 'Only application/json is taken');
      return;
    }
    if (request.method === 'PUT' && path === 'thresholds') reply(model.change((await body(request)) as ThresholdChange));
    else if (request.method === 'POST' && first === 'alerts' && verb === 'resolve') reply(model.resolve(id, nowMs));
    else if (first === 'endpoints' && id) reply(model.endpoint(id, range, nowMs));
    else if (first === 'requests') reply(model.request(id, nowMs));
    else if (path === 'endpoints') reply({ window: model.window(range, nowMs), endpoints: model.endpoints(range, nowMs) });
    else if (path === 'series') reply(model.series(range, nowMs));
    else if (path === 'alerts') reply({ open: model.alerts(nowMs), history: model.history(nowMs) });
    else if (path === 'thresholds') reply(model.thresholds());
    else if (path === 'report') reply(model.report(nowMs));
    else if (path === 'cache/stats') reply(model.cache());
    else if (path === 'database/stats') reply(model.database());
    else reply(undefined);
  }

  function file(name: string, request: IncomingMessage, response: ServerResponse): void {
    const wanted = normalize(`/${name || 'index.html'}`);
    const path = join(directory, existsSync(join(directory, wanted)) && extname(wanted) ? wanted : 'index.html');
    const packed = String(request.headers['accept-encoding'] ?? '').includes('br') && existsSync(`${path}.br`);
    const content = readFileSync(packed ? `${path}.br` : path);
    sentBytes.set(wanted, content.length);
    response.writeHead(200, {
      'content-type': types[extname(path)] ?? 'application/octet-stream',
      'content-security-policy': "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
      'x-content-type-options': 'nosniff',
      vary: 'accept-encoding',
      ...(packed ? { 'content-encoding': 'br' } : {}),
    });
    response.end(content);
  }

  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return Object.assign(handles, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${mount}`,
    model,
    failing,
    held,
    streams,
    sentBytes,
    cut() {
      isCut = true;
      for (const response of open) response.destroy();
    },
    mend() {
      isCut = false;
    },
    async close() {
      clearInterval(ticking);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

function json(response: ServerResponse, status: number, value: unknown, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(JSON.stringify(value));
}

const problem = (response: ServerResponse, status: number, code: string, detail: string): void =>
  json(response, status, { type: `urn:millrace:${code}`, title: detail, status, detail, code, requestId: 'fixture' }, 'application/problem+json');

async function body(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const piece of request) text += String(piece);
  return JSON.parse(text);
}
