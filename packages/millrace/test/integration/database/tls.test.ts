/** Servers that cannot be trusted, or that ask for the password in a way that gives it away. None may get a byte of it. */
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { createDatabase } from 'millrace/database';
import { expect, it, onTestFinished } from 'vitest';
import { open, url } from './support.ts';

const file = (name: string) => join(import.meta.dirname, 'tls', name);
const pem = (name: string) => readFileSync(file(name));
const password = 'canary-password-91';

interface Plan {
  /** Which certificate, or none: the server then answers N. */
  readonly certificate?: string | undefined;
  /** The authentication request: code and payload. */
  readonly ask?: Buffer | undefined;
  /** Answers what the client says to it. */
  readonly reply?: ((said: Buffer) => Buffer) | undefined;
}

const authentication = (code: number, payload = Buffer.alloc(0)): Buffer => {
  const head = Buffer.alloc(9);
  head.write('R');
  head.writeInt32BE(8 + payload.length, 1);
  head.writeInt32BE(code, 5);
  return Buffer.concat([head, payload]);
};
const sasl = (...mechanisms: string[]) => authentication(10, Buffer.from(`${mechanisms.join('\0')}\0\0`));

/** Keeps everything the client ever sent, as it arrived after decryption. */
async function server(plan: Plan): Promise<{ port: number; heard: () => Buffer; isEncrypted: () => boolean }> {
  let heard = Buffer.alloc(0);
  let isEncrypted = false;
  const sockets = new Set<Socket>();
  const talk = (socket: Socket): void => {
    let isGreeted = false;
    socket.on('error', () => {});
    socket.on('data', (data) => {
      heard = Buffer.concat([heard, data]);
      if (!isGreeted) {
        isGreeted = true;
        socket.write(plan.ask ?? authentication(0));
      } else if (plan.reply) socket.write(plan.reply(data));
    });
  };
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', (data) => {
      if (data.length !== 8 || data.readInt32BE(4) !== 80_877_103) {
        talk(socket);
        socket.emit('data', data);
        return;
      }
      if (plan.certificate === undefined) return void socket.write('N');
      socket.write('S');
      const key = plan.certificate === 'self-signed' ? 'good' : plan.certificate;
      const secure = new TLSSocket(socket, { isServer: true, cert: pem(`${plan.certificate}.pem`), key: pem(`${key}.key`) });
      isEncrypted = true;
      talk(secure);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  return { port: (listener.address() as AddressInfo).port, heard: () => heard, isEncrypted: () => isEncrypted };
}

const ca = `sslrootcert=${encodeURIComponent(file('ca.pem'))}`;

/** i=… of a server that wants too little work, or too much. */
const scram = (rounds: number) => (said: Buffer) => {
  const nonce = /r=([^,]+)/.exec(said.toString('latin1'))?.[1] ?? '';
  return authentication(11, Buffer.from(`r=${nonce}more,s=c2FsdA==,i=${rounds}`));
};

const refused: Record<string, [plan: Plan, host: string, query: string, code: string]> = {
  'offers no TLS': [{ ask: authentication(3) }, 'localhost', 'sslmode=require', 'MILLRACE_TLS'],
  'shows a certificate for another host': [{ certificate: 'wrong-host', ask: authentication(3) }, 'localhost', `sslmode=verify-full&${ca}`, 'MILLRACE_TLS'],
  'shows an expired certificate': [{ certificate: 'expired', ask: authentication(3) }, 'localhost', `sslmode=verify-full&${ca}`, 'MILLRACE_TLS'],
  'shows a self-signed certificate': [{ certificate: 'self-signed', ask: authentication(3) }, 'localhost', `sslmode=verify-full&${ca}`, 'MILLRACE_TLS'],
  'shows a good certificate of an authority nobody named': [{ certificate: 'good', ask: authentication(3) }, 'localhost', 'sslmode=require', 'MILLRACE_TLS'],
  // 0.0.0.0 reaches this machine and is no loopback address by name: the nearest thing to a network here.
  'asks for the password in clear, unencrypted, over a network': [{ ask: authentication(3) }, '0.0.0.0', 'sslmode=disable', 'MILLRACE_TLS'],
  'asks for MD5, unencrypted, over a network': [{ ask: authentication(5, Buffer.from('salt')) }, '0.0.0.0', 'sslmode=disable', 'MILLRACE_TLS'],
  'wants one round of SCRAM': [{ ask: sasl('SCRAM-SHA-256'), reply: scram(1) }, 'localhost', 'sslmode=disable', 'MILLRACE_TLS'],
  'wants two thousand million rounds of SCRAM': [{ ask: sasl('SCRAM-SHA-256'), reply: scram(2 ** 31) }, 'localhost', 'sslmode=disable', 'MILLRACE_TLS'],
  'does not offer the channel binding that is required': [
    { certificate: 'good', ask: sasl('SCRAM-SHA-256') },
    'localhost',
    `sslmode=require&channel_binding=require&${ca}`,
    'MILLRACE_TLS',
  ],
};

it.each(Object.keys(refused))('D17 a server that %s is refused by name and gets no byte of the password', async (what) => {
  const [plan, host, query, code] = refused[what]!;
  const { port, heard } = await server(plan);
  const database = createDatabase({ url: `postgres://tester:${password}@${host}:${port}/x?${query}`, pool: { connectAttempts: 1, acquireTimeout: '3s' } });
  const error = await database.start().catch((failure: Error) => failure);
  expect(error).toMatchObject({ code, retryable: false });
  expect(heard().toString('latin1')).not.toContain(password);
  // A PasswordMessage begins with p; the name of the SCRAM exchange is sent in one as well, its proof never.
  expect(heard().toString('latin1')).not.toContain(',p=');
  expect(`${(error as Error).message} ${JSON.stringify(error)}`).not.toContain(password);
});

it('D17 a certificate that verifies is taken: everything goes encrypted, and only then the password', async () => {
  const { port, heard, isEncrypted } = await server({ certificate: 'good', ask: authentication(3) });
  const database = createDatabase({
    url: `postgres://tester:${password}@localhost:${port}/x?sslmode=verify-full&${ca}`,
    pool: { connectAttempts: 1, acquireTimeout: '300ms' },
  });
  // This server never lets anybody in; what matters is that it was asked properly.
  await expect(database.start()).rejects.toMatchObject({ code: 'MILLRACE_UNAVAILABLE' });
  expect(isEncrypted()).toBe(true);
  expect(heard().toString('latin1')).toContain(password);
});

/** TLS in front of the real server. Counts the connections, and how many came in clear. */
async function tlsFront(): Promise<{ port: number; counts: { encrypted: number; clear: number } }> {
  const target = new URL(url());
  const counts = { encrypted: 0, clear: 0 };
  const listener = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => {
      if (data.length !== 8 || data.readInt32BE(4) !== 80_877_103) {
        counts.clear++;
        socket.destroy();
        return;
      }
      counts.encrypted++;
      socket.write('S');
      const secure = new TLSSocket(socket, { isServer: true, cert: pem('good.pem'), key: pem('good.key') });
      const upstream = dial(Number(target.port), target.hostname);
      for (const [from, to] of [
        [secure, upstream],
        [upstream, secure],
      ] as const) {
        from.on('error', () => to.destroy());
        from.pipe(to);
      }
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, resolve));
  onTestFinished(() => void listener.close());
  return { port: (listener.address() as AddressInfo).port, counts };
}

it('D4 over TLS the cancel goes by TLS as well', async () => {
  const { port, counts } = await tlsFront();
  const through = new URL(url());
  through.hostname = 'localhost';
  through.port = String(port);
  through.search = `?sslmode=verify-full&${ca}`;
  const { database } = await open({ url: through.href, pool: { minConnections: 0, maxConnections: 1 } });
  await expect(database.query('select pg_sleep(30)', [], { timeout: '100ms' })).rejects.toMatchObject({ code: 'MILLRACE_DEADLINE' });
  expect(await database.queryOne('select 1 as one')).toEqual({ one: 1 });
  expect(database.stats().pool.cancels).toEqual({ cancelled: 1, finished: 0, destroyed: 0 });
  expect(counts).toEqual({ encrypted: 2, clear: 0 });
});
