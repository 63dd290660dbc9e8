import fastify from 'fastify';
import { createMillrace } from 'millrace';
import { millraceFastify } from 'millrace/fastify';

const millrace = await createMillrace();
const app = fastify();
await app.register(millraceFastify, { millrace });

app.addHook('preHandler', async (request) => {
  const key = request.headers['x-api-key'];
  if (typeof key === 'string') request.setCaller(`key:${key.slice(0, 8)}`); // the public part, never the key itself
});

app.get('/rates', { config: { millrace: { timeout: '800ms' } } }, async (request) => {
  const answer = await fetch('https://rates.example/eur', { signal: request.call.signal }); // told to stop when the client leaves
  return { rates: await answer.json(), requestId: request.call.correlationId };
});
