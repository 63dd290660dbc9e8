import fastify from 'fastify';
import { createMillrace } from 'millrace';
import { millraceFastify } from 'millrace/fastify';

const millrace = await createMillrace();
const app = fastify({ logger: true });
await app.register(millraceFastify, { millrace });

millrace.on('http.request.slowed', ({ method, route, durationMs, spentMs, correlationId }) => {
  app.log.warn({ method, route, durationMs, spentMs, correlationId }, 'slow request');
});

app.get('/report', { config: { millrace: { slow: '10s' } } }, async () => ({ rows: [] })); // a report may take its time
app.get('/price', { config: { millrace: { slow: '100ms' } } }, async () => ({ price: 1 })); // a price may not
