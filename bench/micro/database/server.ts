import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '../../../packages/millrace/src/database/index.ts';

/** An embedded PostgreSQL of the side's own, with its defaults, and a table of 10,000 rows. */
export async function scratchServer() {
  const home = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  chmodSync(home, 0o755); // started as root, the server runs as another user
  const server = await startEmbedded({ directory: join(home, 'server'), settings: { max_connections: '200' } });
  const close = async (): Promise<void> => {
    const hold = setInterval(() => {}, 1000); // the server's process does not keep this one alive, and nothing else is left by now
    await server.stop();
    clearInterval(hold);
    rmSync(home, { recursive: true, force: true });
  };
  return { url: server.url, close };
}

/** The same server as if it were far away: each new connection takes 150 ms to be there. Nothing else is slowed. */
export async function slowToConnect(url: string, delayMs: number) {
  const target = new URL(url);
  const proxy = createServer((client) => {
    client.pause();
    setTimeout(() => {
      const upstream = connect(Number(target.port), target.hostname);
      upstream.setNoDelay();
      client.setNoDelay();
      client.pipe(upstream).pipe(client);
      client.on('error', () => upstream.destroy());
      upstream.on('error', () => client.destroy());
    }, delayMs);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String((proxy.address() as AddressInfo).port);
  return { url: through.href, close: (): void => void proxy.close() };
}
