import fastify from 'fastify';
import { millraceFastify, millraceServer } from 'millrace/fastify';
import { expect, it } from 'vitest';
import { testHost } from './host.ts';
import { ask, serve } from './serve.ts';

it('O2 a wrong word on a route stops the start, and says which route, what was found and what is allowed', async () => {
  const app = fastify();
  await app.register(millraceFastify, { millrace: testHost() });
  const config = { millrace: { timeout: '2 seconds', prioritiy: 'high' } } as object;
  expect(() => app.get('/a', { config }, async () => ({}))).toThrow(
    expect.objectContaining({
      code: 'MILLRACE_CONFIG',
      message: expect.stringMatching(/GET \/a\.prioritiy is not an option: did you mean priority\?\n.*GET \/a\.timeout is "2 seconds": write a duration/),
    }),
  );
  await app.close();
});

it('O2 so does a wrong option of the plugin', async () => {
  const app = fastify();
  const options = { millrace: testHost(), limit: {} };
  await expect(app.register(millraceFastify, options)).rejects.toMatchObject({
    code: 'MILLRACE_CONFIG',
    message: expect.stringContaining('did you mean limits?'),
  });
});

/** A schema as zod, valibot or arktype would give it: wants a whole number under `id`, and makes it one. */
const wholeId = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) => {
      const id = Number((value as { id?: unknown }).id);
      return Number.isInteger(id)
        ? { value: { id } }
        : {
            issues: [
              { message: 'must be a whole number', path: ['id'] },
              { message: 'is odd', path: [{ key: 'a' }, 0] },
            ],
          };
    },
  },
};

it('H6 a Standard Schema names each wrong field, and the handler gets what it made of the input', async () => {
  const { port } = await serve((app) => {
    app.get('/things/:id', { schema: { params: wholeId, response: { 200: wholeId } } }, async ({ params }) => params);
  });
  expect((await ask(port, '/things/7')).json()).toEqual({ id: 7 });
  expect((await ask(port, '/things/x')).json()).toMatchObject({
    status: 400,
    code: 'MILLRACE_INPUT',
    errors: [
      { field: 'id', in: 'path', message: 'must be a whole number' },
      { field: 'a.0', in: 'path', message: 'is odd' },
    ],
  });
});

it('H6 a schema that answers later still refuses what is wrong', async () => {
  const later = { '~standard': { ...wholeId['~standard'], validate: async (value: unknown) => wholeId['~standard'].validate(value) } };
  const { port } = await serve((app) => void app.get('/things/:id', { schema: { params: later } }, async () => ({})));
  expect((await ask(port, '/things/7')).status).toBe(200);
  expect((await ask(port, '/things/x')).json()).toMatchObject({ status: 400, errors: [{ field: 'id', in: 'path' }, { field: 'a.0' }] });
});

it('H6 JSON Schema findings are all named where the server was made for it', async () => {
  const body = { type: 'object', required: ['name', 'price'], properties: { name: { type: 'string' }, price: { type: 'integer', minimum: 1 } } };
  const { port } = await serve((app) => void app.post('/', { schema: { body } }, async () => ({})), { server: millraceServer() });
  const answer = await ask(port, '/', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"price":0}' });
  expect(answer.json()['errors']).toEqual([
    { field: 'name', in: 'body', message: 'is missing' },
    { field: 'price', in: 'body', message: 'must be >= 1' },
  ]);
});

it('H6 an application may keep its own error answers; ids, traces and figures stay', async () => {
  const { port, host } = await serve(
    (app) => {
      app.setErrorHandler((_error, _request, reply) => void reply.code(418).send({ own: true }));
      app.setNotFoundHandler((_request, reply) => void reply.code(410).send({ gone: true }));
      app.get('/fails', async () => {
        throw new Error('x');
      });
    },
    { options: { problems: false } },
  );
  const failed = await ask(port, '/fails', { headers: { 'x-request-id': 'own-1' } });
  expect([failed.status, failed.json(), failed.headers['x-request-id']]).toEqual([418, { own: true }, 'own-1']);
  expect((await ask(port, '/nothing')).json()).toEqual({ gone: true });
  expect([...host.figures.endpoints].map(({ route, requests }) => [route, requests])).toEqual([
    ['/fails', 1],
    ['other', 1],
  ]);
});

it('H9 closing twice, or before it ever listened, is harmless, and takes the face off its host', async () => {
  const host = testHost();
  const app = fastify();
  await app.register(millraceFastify, { millrace: host });
  await app.ready();
  const [face] = host.faces;
  await Promise.all([face?.stop(), app.close(), face?.stop()]);
  await face?.stop();
  expect(host.faces).toEqual([]);
  expect(host.seen.map(([name]) => name)).toEqual(['http.stop.begun', 'http.stop.finished']);
});
