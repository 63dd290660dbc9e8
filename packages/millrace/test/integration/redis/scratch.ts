import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

const ask = (port: number, ...words: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`));
    socket.once('data', (answer) => {
      socket.destroy();
      resolve(String(answer));
    });
    socket.once('error', reject);
  });

const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (let turn = 0; turn < 1500; turn++) {
    if (await holds().catch(() => false)) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within 30 s: ${what}`);
};

export interface ScratchCluster {
  readonly nodes: readonly string[];
  /** By the order of `nodes`. */
  readonly servers: readonly ScratchRedis[];
  /** The replica takes over from the master of the same half: asked for, or because the master is gone. */
  failOver(master: number): Promise<void>;
  ask(node: number, ...words: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/** Three masters with a replica each: masters first, then their replicas in the same order. */
export async function startCluster(): Promise<ScratchCluster> {
  const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000', '--cluster-replica-validity-factor', '0', '--appendonly', 'no'];
  const servers = await Promise.all(Array.from({ length: 6 }, () => startRedis(...settings)));
  const ports = servers.map(({ port }) => port);
  const [first] = ports as [number];
  for (const [at, port] of ports.entries()) if (at > 0) await ask(first, 'CLUSTER', 'MEET', '127.0.0.1', String(port));
  const share = Math.ceil(16_384 / 3);
  for (let at = 0; at < 3; at++) await ask(ports[at] as number, 'CLUSTER', 'ADDSLOTSRANGE', String(at * share), String(Math.min(16_383, (at + 1) * share - 1)));
  const knowsAll = async (port: number): Promise<boolean> => /cluster_known_nodes:6/.test(await ask(port, 'CLUSTER', 'INFO'));
  await until('all nodes know each other', async () => (await Promise.all(ports.map(knowsAll))).every(Boolean));
  const idOf = async (port: number): Promise<string> => (/\r\n([0-9a-f]{40})/.exec(await ask(port, 'CLUSTER', 'MYID')) as RegExpExecArray)[1] as string;
  for (let at = 0; at < 3; at++) await ask(ports[at + 3] as number, 'CLUSTER', 'REPLICATE', await idOf(ports[at] as number));
  const isWhole = async (port: number): Promise<boolean> => /cluster_state:ok/.test(await ask(port, 'CLUSTER', 'INFO'));
  await until('the cluster is whole', async () => (await Promise.all(ports.map(isWhole))).every(Boolean));
  const follows = async (port: number): Promise<boolean> => /master_link_status:up/.test(await ask(port, 'INFO', 'replication'));
  await until('the replicas follow', async () => (await Promise.all(ports.slice(3).map(follows))).every(Boolean));
  return {
    nodes: ports.map((port) => `127.0.0.1:${port}`),
    servers,
    ask: (node, ...words) => ask(ports[node] as number, ...words),
    async failOver(master) {
      const replica = ports[master + 3] as number;
      await until('the replica is master', async () => {
        await ask(replica, 'CLUSTER', 'FAILOVER', 'TAKEOVER');
        return /role:master/.test(await ask(replica, 'INFO', 'replication'));
      });
    },
    stop: async () => void (await Promise.all(servers.map((server) => server.stop()))),
  };
}

/** Freezes a replica and ends its link, so that nothing waits in a socket for it to read when it is thawed. */
async function deafen(master: ScratchRedis, replica: ScratchRedis): Promise<void> {
  replica.freeze();
  await ask(master.port, 'CLIENT', 'KILL', 'TYPE', 'replica');
}

export interface ScratchSentinel {
  readonly nodes: readonly string[];
  readonly master: ScratchRedis;
  readonly replica: ScratchRedis;
  /** Kills the master; resolves when the Sentinels have named the replica. */
  killMaster(): Promise<void>;
  /** The replica hears nothing any more, and the master goes on confirming what it is told; `replica.thaw()` ends it. */
  deafenReplica(): Promise<void>;
  stop(): Promise<void>;
}

/** One master named `mymaster`, one replica, three Sentinels. */
export async function startSentinel(): Promise<ScratchSentinel> {
  const master = await startRedis();
  const replica = await startRedis('--replicaof', '127.0.0.1', String(master.port));
  await until('the replica follows', async () => /master_link_status:up/.test(await ask(replica.port, 'INFO', 'replication')));
  const sentinels = await Promise.all(Array.from({ length: 3 }, () => startSentinelProcess(master.port)));
  const sees = async (port: number): Promise<boolean> => {
    const info = await ask(port, 'INFO', 'sentinel');
    return /slaves=1,sentinels=3/.test(info);
  };
  await until('the Sentinels know each other', async () => (await Promise.all(sentinels.map(({ port }) => sees(port)))).every(Boolean));
  return {
    nodes: sentinels.map(({ port }) => `127.0.0.1:${port}`),
    ...{ master, replica },
    async killMaster() {
      await master.kill();
      await until('the replica is master', async () => /role:master/.test(await ask(replica.port, 'INFO', 'replication')));
    },
    deafenReplica: () => deafen(master, replica),
    stop: async () => void (await Promise.all([...sentinels, replica, master].map((server) => server.stop()))),
  };
}

async function startSentinelProcess(masterPort: number): Promise<{ port: number; stop(): Promise<void> }> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'millrace-sentinel-'));
  const file = join(directory, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${directory}`,
    `sentinel monitor mymaster 127.0.0.1 ${masterPort} 2`,
    'sentinel down-after-milliseconds mymaster 800',
    'sentinel failover-timeout mymaster 3000',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
  while (!(await answers(port))) if (child.exitCode !== null) throw new Error(`the Sentinel ended with ${child.exitCode}`);
  return {
    port,
    async stop() {
      child.kill('SIGKILL');
      await ended(child);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
