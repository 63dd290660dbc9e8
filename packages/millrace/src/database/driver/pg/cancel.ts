import type { Clock } from '../../../kernel/index.ts';
import type { Target } from '../target.ts';
import type { PgModule, Wire } from './shape.ts';

/**
 * Sends a CancelRequest (PostgreSQL 18, section 55.2.8) over a socket of its own, TLS included, and settles when the server has closed that socket:
 * only then has the signal been sent to the backend.
 */
export const sendCancel = (
  pg: PgModule,
  { host, port }: Target,
  ssl: false | Record<string, unknown>,
  key: { readonly processID: number; readonly secretKey: number },
  clock: Clock,
  limitMs: number,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const wire: Wire = new pg.Connection({ ssl });
    const cancelLimit = clock.after(limitMs, () => wire.stream.destroy(new Error(`the cancel request had no answer within ${limitMs} ms`)));
    const send = (): void => wire.cancel(key.processID, key.secretKey);
    wire.on('connect', () => (ssl === false ? send() : wire.requestSsl()));
    wire.on('sslconnect', send);
    wire.on('error', (error: Error) => {
      wire.stream.destroy();
      reject(error);
    });
    wire.on('end', () => {
      cancelLimit();
      resolve();
    });
    if (host.startsWith('/')) wire.connect(`${host}/.s.PGSQL.${port}`);
    else wire.connect(port, host);
  });
