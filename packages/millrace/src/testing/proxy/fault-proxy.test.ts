import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FaultProxy, startFaultProxy } from './index.ts';

let echo: Server;
let proxy: FaultProxy;

beforeEach(async () => {
  echo = createServer((socket) => socket.on('error', () => {}).pipe(socket));
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await startFaultProxy(`http://127.0.0.1:${(echo.address() as { port: number }).port}`);
});
afterEach(async () => {
  await proxy.stop();
  echo.close();
});

async function client(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

async function asked(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  let answer = '';
  while (answer.length < text.length) answer += String((await once(socket, 'data'))[0]);
  return answer;
}

it('X12 what passes the proxy is unchanged and in order', async () => {
  const socket = await client();
  const text = Array.from({ length: 20_000 }, (_, index) => index).join(',');
  expect(await asked(socket, text)).toBe(text);
  expect(proxy.counts).toEqual({ accepted: 1, open: 1, broken: 0, heldBack: 0 });
  socket.destroy();
});

it('X12 a frozen connection stays open and silent, and goes on where it stopped', async () => {
  const socket = await client();
  proxy.freeze();
  const answer = asked(socket, 'hello');
  while (proxy.counts.heldBack === 0) await new Promise(setImmediate);
  expect(socket.bytesRead).toBe(0);
  proxy.thaw();
  expect(await answer).toBe('hello');
  socket.destroy();
});

it('X12 a delay holds every piece back, and order stays', async () => {
  const socket = await client();
  proxy.delay(5);
  expect(await asked(socket, 'one')).toBe('one');
  expect(await asked(socket, 'two')).toBe('two');
  expect(proxy.counts.heldBack).toBe(4);
  socket.destroy();
});

it('X12 a cut connection ends in order, a reset one with an error', async () => {
  const first = await client();
  await asked(first, 'x');
  proxy.cut();
  await once(first, 'close');
  expect(first.errored).toBeNull();
  const second = await client();
  await asked(second, 'x');
  proxy.reset();
  await expect(once(second, 'data')).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(proxy.counts.broken).toBe(2);
});

it('X12 a server that is gone refuses, and is back on the same port', async () => {
  const { port } = proxy;
  await proxy.close();
  await expect(client()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await proxy.open();
  expect(proxy.port).toBe(port);
  const socket = await client();
  expect(await asked(socket, 'again')).toBe('again');
  socket.destroy();
});
