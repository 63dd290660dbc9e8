import http from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { type MillraceFastifyOptions, millraceFastify } from 'millrace/fastify';
import { onTestFinished } from 'vitest';
import { type TestHost, testHost } from './host.ts';

export interface Served {
  readonly app: FastifyInstance;
  readonly host: TestHost;
  readonly port: number;
}

interface How {
  readonly host?: TestHost;
  readonly server?: FastifyServerOptions;
  readonly options?: Partial<MillraceFastifyOptions>;
}

/** A listening application with the plugin and the routes a test needs; closed with the test. */
export async function serve(routes: (app: FastifyInstance) => void, { host = testHost(), server = {}, options = {} }: How = {}): Promise<Served> {
  const app = fastify(server) as unknown as FastifyInstance;
  await app.register(millraceFastify, { millrace: host, ...options });
  routes(app);
  await app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => app.close());
  return { app, host, port: (app.server.address() as AddressInfo).port };
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  json(): Record<string, unknown>;
}

type Sending = http.RequestOptions & { readonly body?: string | Buffer };

/** One request on a connection of its own. */
export const ask = (port: number, path: string, { body, ...options }: Sending = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, path, agent: false, ...options }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text, json: () => JSON.parse(text) }));
    });
    request.on('error', reject);
    request.end(body);
  });

/** Waits until `isTrue`, looking every few ms: for what a server notices on its own. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}
