import fastify from 'fastify';
import { createMillrace } from 'millrace';
import { millraceFastify, millraceServer } from 'millrace/fastify';

const millrace = await createMillrace();
const app = fastify(millraceServer());
await app.register(millraceFastify, { millrace });
await app.listen({ port: 3000 });

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void millrace.stop()); // stops the application first, then pools and the rest
