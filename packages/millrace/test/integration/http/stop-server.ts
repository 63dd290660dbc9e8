// One instance of a service, as its own process: node stop-server.ts <port> <lameDuckMs> <graceMs>. SIGTERM stops it in order.
import { setTimeout as wait } from 'node:timers/promises';
import fastify, { type FastifyListenOptions } from 'fastify';
import { millraceFastify } from 'millrace/fastify';
import { testHost } from './host.ts';

const [port, lameDuckMs, graceMs] = process.argv.slice(2).map(Number) as [number, number, number];
const host = testHost({ lameDuckMs, graceMs });
const app = fastify();
await app.register(millraceFastify, { millrace: host });
app.get('/work', async () => {
  await wait(20);
  return { ok: true };
});
app.get('/long', async (request) => {
  await wait(60_000, undefined, { signal: request.call.signal });
  return { ok: true };
});
process.once('SIGTERM', () => {
  const [face] = host.faces;
  void face?.stop().then(() => process.disconnect());
});
const where: FastifyListenOptions & { readonly reusePort: boolean } = { port, host: '127.0.0.1', reusePort: true };
await app.listen(where);
process.send?.({ up: app.server.address() });
host.events.onAny((name, event) => process.send?.({ name, event }));
