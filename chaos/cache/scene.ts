import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase, type Database, type EmbeddedServer, startEmbedded } from 'millrace/database';
import { type FaultProxy, startFaultProxy } from 'millrace/testing';
import { items, type ProcessReport, type ProcessSettings, shelfOf, shelves } from './protocol.ts';

/** A Redis of our own that can be frozen, killed and brought back on the same port, empty. */
export class ChaosRedis {
  readonly port: number;
  readonly #directory: string;
  #child: ChildProcess | undefined;

  constructor(port: number) {
    this.port = port;
    this.#directory = mkdtempSync(join(tmpdir(), 'millrace-chaos-redis-'));
  }

  async start(): Promise<void> {
    const child = spawn('redis-server', ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--dir', this.#directory], { stdio: 'ignore' });
    this.#child = child;
    while (!(await answers(this.port))) if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** One command, past the proxies. */
  async command(...words: readonly string[]): Promise<void> {
    const socket = connect(this.port, '127.0.0.1');
    socket.on('error', () => {});
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    socket.write(`${words.join(' ')}\r\n`);
    await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    socket.destroy();
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', () => resolve(socket.destroy() !== undefined));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false)); // taken and given up without a word
  });

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** One process of the fleet, with a proxy of its own before each server. */
export class Member {
  readonly name: string;
  readonly database: FaultProxy;
  readonly redis: FaultProxy;
  readonly #settings: Omit<ProcessSettings, 'seed'>;
  readonly #onReport: (member: Member, report: ProcessReport) => void;
  #child: ChildProcess | undefined;
  #lives = 0;

  constructor(
    settings: Omit<ProcessSettings, 'seed'>,
    proxies: { readonly database: FaultProxy; readonly redis: FaultProxy },
    onReport: (member: Member, report: ProcessReport) => void,
  ) {
    this.name = settings.name;
    this.database = proxies.database;
    this.redis = proxies.redis;
    this.#settings = settings;
    this.#onReport = onReport;
  }

  /** Resolves when it is ready, or has failed to come up: then it tries once more, as a supervisor does. */
  async start(): Promise<void> {
    for (;;) {
      const settings: ProcessSettings = { ...this.#settings, seed: ++this.#lives * 1000 + this.name.length };
      const child = fork(join(import.meta.dirname, 'process.ts'), [JSON.stringify(settings)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      this.#child = child;
      child.on('message', (message) => {
        if (message !== 'ready') this.#onReport(this, message as ProcessReport);
      });
      const isReady = await Promise.race([once(child, 'message').then(() => true), once(child, 'exit').then(() => false)]);
      if (isReady) return;
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** A graceful stop, with all it has to say. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.send('stop');
    await ended;
  }
}

/** PostgreSQL, Redis, and the fleet on them. */
export class Scene {
  readonly members: Member[] = [];
  readonly redis: ChaosRedis;
  readonly server: EmbeddedServer;
  /** Whoever writes past the layer, as psql does. */
  readonly psql: Database;
  readonly #home: string;

  private constructor(home: string, server: EmbeddedServer, redis: ChaosRedis, psql: Database) {
    this.#home = home;
    this.server = server;
    this.redis = redis;
    this.psql = psql;
  }

  static async open(): Promise<Scene> {
    const home = mkdtempSync(join(tmpdir(), 'millrace-chaos-'));
    chmodSync(home, 0o755); // started as root, the server runs as another user
    const server = await startEmbedded({ directory: join(home, 'server'), settings: { fsync: 'off', max_connections: '100' } });
    const redis = new ChaosRedis(await freePort());
    await redis.start();
    const psql = createDatabase({ url: server.url });
    await psql.start();
    await psql.execute('create schema chaos');
    await psql.execute('create table chaos.items (id int primary key, shelf int not null, version int not null)');
    for (let id = 1; id <= items; id++) await psql.execute('insert into chaos.items values ($1, $2, 1)', [id, shelfOf(id)]);
    return new Scene(home, server, redis, psql);
  }

  /** Adds a process. The last shelf of each quarter of the shelves is its own to write. */
  async join(planted: ProcessSettings['planted'], onReport: (member: Member, report: ProcessReport) => void): Promise<Member> {
    const number = this.members.length;
    const own = Math.floor(((number + 1) * shelves) / 4) - 1;
    const database = await startFaultProxy(this.server.url);
    const redis = await startFaultProxy(`redis://127.0.0.1:${this.redis.port}`);
    const settings = {
      ...{ name: `p${number}`, databaseUrl: database.through(this.server.url), redisUrl: `redis://127.0.0.1:${redis.port}`, planted },
      directory: join(this.#home, `p${number}`),
      ownItems: Array.from({ length: items }, (_, at) => at + 1).filter((id) => shelfOf(id) === own),
    };
    const member = new Member(settings, { database, redis }, onReport);
    this.members.push(member);
    await member.start();
    return member;
  }

  async close(): Promise<void> {
    for (const member of this.members) {
      member.signal('SIGCONT');
      await member.kill();
      await member.database.stop();
      await member.redis.stop();
    }
    await this.psql.stop();
    await this.redis.stop();
    await this.server.stop();
    rmSync(this.#home, { recursive: true, force: true });
  }
}
