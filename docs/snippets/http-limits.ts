import fastify from 'fastify';
import { createMillrace } from 'millrace';
import { millraceFastify, millraceServer, type RequestLimits } from 'millrace/fastify';

const limits: RequestLimits = { body: '256KiB', depth: 16, requestTimeout: '15s' };

const millrace = await createMillrace();
const app = fastify(millraceServer(limits));
await app.register(millraceFastify, { millrace, limits });

app.post('/import', { bodyLimit: 20 * 1024 * 1024 }, async () => ({ taken: true })); // one route that takes more, and says so
