import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A `redis-server` of our own on a free port, gone with the test. */
export interface ScratchRedis {
  readonly port: number;
  readonly url: string;
  /** Stops answering without closing anything, as a frozen host does. */
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', () => resolve(socket.destroy() !== undefined));
    socket.once('error', () => resolve(false));
  });

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
};

/** Starts one and waits until it answers. */
export async function startRedis(...settings: readonly string[]): Promise<ScratchRedis> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'millrace-redis-'));
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', directory, ...settings], { stdio: 'ignore' });
  while (!(await answers(port))) if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended(child);
  };
  const stop = async (): Promise<void> => {
    await kill();
    rmSync(directory, { recursive: true, force: true });
  };
  return { port, url: `redis://127.0.0.1:${port}`, freeze: () => void child.kill('SIGSTOP'), thaw: () => void child.kill('SIGCONT'), kill, stop };
}
