import { randomBytes } from 'node:crypto';
import fastify from 'fastify';
import { createMillrace, type Millrace } from 'millrace';
import { millraceFastify, millraceServer } from 'millrace/fastify';
import { pino } from 'pino';
import { createRetail } from './retail.ts';

/** Starts the service by itself, on the settings of the environment, until SIGINT or SIGTERM. Logs are JSON lines on standard output. */
export async function runAlone(): Promise<void> {
  const log = pino();
  const millrace = await createMillrace({ service: 'retail' }, { log });
  const app = fastify({ ...millraceServer(), logger: false });
  await app.register(millraceFastify, { millrace });
  const migrations = millrace.setting<'auto' | 'check' | 'off'>('database.migrate');
  const retail = createRetail({ millrace, app, log, cursorKey: cursorKey(millrace), migrations });
  const stop = async (): Promise<void> => {
    await retail.stop();
    const failures = await millrace.stop(); // closes the application first
    for (const error of failures) log.error({ err: error }, 'A part did not stop as it should');
    process.exitCode = failures.length === 0 ? 0 : 1;
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
  await retail.start();
  await retail.routes();
  const address = await app.listen({ host: millrace.setting<string>('http.host'), port: millrace.setting<number>('http.port') });
  log.info({ address }, `Retail answers at ${address}/retail/products`);
}

/** Without `MILLRACE_HTTP_CURSOR_KEY` a random one: pages can then be turned until the next start, which is enough outside production. */
function cursorKey(millrace: Millrace): string {
  const given = millrace.setting<string | undefined>('http.cursorKey');
  if (given === undefined && millrace.setting<string>('environment') === 'production') {
    throw new Error('MILLRACE_HTTP_CURSOR_KEY is missing: write a text of 16 characters or more; every instance needs the same');
  }
  return given ?? randomBytes(32).toString('hex');
}
