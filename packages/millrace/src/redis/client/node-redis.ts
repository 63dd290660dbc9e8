import type { RedisClientOptions, RedisClusterType, RedisSentinelType } from 'redis';
import type { Random } from '../../kernel/index.ts';
import type { RedisTarget } from '../options.ts';
import { loadClient } from './load.ts';
import type { RedisArgument, RedisConnection, RedisReply } from './port.ts';

/*
 * node-redis 6 behind our port. Two of its defaults are turned round: the offline queue is off (a command given while there is no
 * connection fails at once instead of waiting for ever) and reconnects have full jitter, so that a fleet does not come back in step.
 * Its own command time limit stays off: ours ends the caller's wait, and the reply keeps its place in the queue and is dropped when it comes.
 */

type StateListener = (state: 'ready' | 'lost', reason: unknown) => void;

/** What the three kinds of client have in common for us. */
interface Sender {
  readonly isReady: boolean;
  connect(): Promise<unknown>;
  destroy(): unknown;
  on(event: string, listener: (argument: unknown) => void): unknown;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  unsubscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
}

const longestBackoffMs = 2000;

/** A connection to what `target` names. It is made when `connect` is called. */
export async function nodeRedisConnection(target: RedisTarget, random: Random): Promise<RedisConnection> {
  const redis = await loadClient();
  return new NodeRedis(() => makeClient(redis, target, random));
}

interface Client {
  readonly sender: Sender;
  send(command: readonly RedisArgument[], key: string | undefined, isReadOnly: boolean): Promise<RedisReply>;
  masters(): Promise<readonly ((command: readonly RedisArgument[]) => Promise<RedisReply>)[]>;
}

function makeClient(redis: typeof import('redis'), target: RedisTarget, random: Random): Client {
  const settings = settingsOf(target, random);
  if (target.mode === 'cluster')
    return clusterClient(redis.createCluster({ rootNodes: target.nodes.map((node) => ({ socket: socketOf(target, random, node) })), defaults: settings }));
  if (target.mode === 'sentinel') {
    const { name, sentinelRootNodes } = { name: target.masterName, sentinelRootNodes: [...target.nodes] };
    return sentinelClient(redis.createSentinel({ name, sentinelRootNodes, nodeClientOptions: settings, sentinelClientOptions: {} }) as never);
  }
  const client = redis.createClient({ ...settings, socket: socketOf(target, random, target.nodes[0] as { host: string; port: number }) } as RedisClientOptions);
  const send: Client['send'] = (command) => client.sendCommand<RedisReply>(command);
  return { sender: client as unknown as Sender, send, masters: () => Promise.resolve([(command) => client.sendCommand<RedisReply>(command)]) };
}

function clusterClient(cluster: unknown): Client {
  const typed = cluster as RedisClusterType;
  const masters = (): Promise<((command: readonly RedisArgument[]) => Promise<RedisReply>)[]> =>
    Promise.all(
      typed.masters.map(async (node) => {
        const client = await typed.nodeClient(node);
        return (command: readonly RedisArgument[]) => client.sendCommand<RedisReply>(command);
      }),
    );
  const send: Client['send'] = (command, key, isReadOnly) => typed.sendCommand<RedisReply>(key, isReadOnly, [...command] as never);
  return { sender: new ClusterSender(typed), send, masters };
}

function sentinelClient(sentinel: RedisSentinelType): Client {
  const send: Client['send'] = (command, _key, isReadOnly) => sentinel.sendCommand<RedisReply>(isReadOnly, [...command] as never);
  return { sender: sentinel as unknown as Sender, send, masters: () => Promise.resolve([(command) => send(command, undefined, true)]) };
}

/** A Cluster has no state of its own: it is ready while a master is. */
class ClusterSender implements Sender {
  readonly #cluster: RedisClusterType;
  constructor(cluster: RedisClusterType) {
    this.#cluster = cluster;
  }
  get isReady(): boolean {
    return this.#cluster.isOpen && this.#cluster.masters.length > 0;
  }
  connect(): Promise<unknown> {
    return this.#cluster.connect();
  }
  destroy(): unknown {
    return this.#cluster.destroy();
  }
  on(event: string, listener: (argument: unknown) => void): unknown {
    return this.#cluster.on(clusterEvents[event] ?? event, listener);
  }
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown> {
    return this.#cluster.subscribe(channel, listener);
  }
  unsubscribe(channel: string, listener: (message: string) => void): Promise<unknown> {
    return this.#cluster.unsubscribe(channel, listener as never);
  }
}

const clusterEvents: Readonly<Record<string, string>> = { ready: 'connect', error: 'error' };

type SocketSettings = Record<string, unknown>;

const socketOf = (target: RedisTarget, random: Random, { host, port }: { readonly host: string; readonly port: number }): SocketSettings => ({
  host,
  port,
  ...(target.isTls ? { tls: true, servername: host } : {}),
  ...patience(target, random),
});

const patience = ({ connectTimeoutMs }: RedisTarget, random: Random): SocketSettings => ({
  connectTimeout: connectTimeoutMs,
  reconnectStrategy: (retries: number) => Math.ceil(random.next() * Math.min(longestBackoffMs, 50 * 2 ** Math.min(retries, 10))),
});

const settingsOf = (target: RedisTarget, random: Random): Record<string, unknown> => ({
  ...(target.user === undefined ? {} : { username: target.user }),
  ...(target.password === undefined ? {} : { password: target.password }),
  ...(target.database === 0 ? {} : { database: target.database }),
  RESP: 3,
  disableOfflineQueue: true,
  commandsQueueMaxLength: 10_000,
  socket: { ...(target.isTls ? { tls: true } : {}), ...patience(target, random) },
});

class NodeRedis implements RedisConnection {
  readonly #make: () => Client;
  readonly #listeners: StateListener[] = [];
  readonly #subscriptions: Map<string, Set<(message: string) => void>> = new Map();
  #client: Client;
  #state: 'ready' | 'lost' = 'lost';
  #isEnded = false;

  constructor(make: () => Client) {
    this.#make = make;
    this.#client = this.#watched();
  }

  get isReady(): boolean {
    return this.#client.sender.isReady;
  }

  async connect(): Promise<void> {
    const client = this.#client;
    await client.sender.connect();
    if (client === this.#client) this.#change('ready', undefined);
  }

  destroy(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#client.sender.destroy();
  }

  reset(): void {
    if (this.#isEnded) return;
    this.#change('lost', new Error('reset after commands without an answer'));
    this.#client.sender.destroy();
    this.#client = this.#watched();
    this.#reconnect(this.#client).catch((error: unknown) => this.#change('lost', error));
  }

  send(command: readonly RedisArgument[], key: string | undefined, isReadOnly: boolean): Promise<RedisReply> {
    return this.#client.send(command, key, isReadOnly);
  }

  masters(): Promise<readonly ((command: readonly RedisArgument[]) => Promise<RedisReply>)[]> {
    return this.#client.masters();
  }

  async subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>> {
    const listeners = this.#subscriptions.get(channel) ?? new Set();
    this.#subscriptions.set(channel, listeners.add(listener));
    await this.#client.sender.subscribe(channel, listener);
    return async () => {
      listeners.delete(listener);
      if (!this.#isEnded) await this.#client.sender.unsubscribe(channel, listener);
    };
  }

  onState(listener: StateListener): void {
    this.#listeners.push(listener);
  }

  /** A new client, whose states count only while it is the present one. */
  #watched(): Client {
    const client = this.#make();
    const tell = (state: 'ready' | 'lost', reason: unknown): void => {
      if (client === this.#client) this.#change(state, reason);
    };
    client.sender.on('ready', () => tell('ready', undefined));
    client.sender.on('error', (error) => tell('lost', error));
    client.sender.on('reconnecting', () => tell('lost', new Error('the connection was closed')));
    return client;
  }

  async #reconnect(client: Client): Promise<void> {
    await client.sender.connect();
    for (const [channel, listeners] of this.#subscriptions) for (const listener of listeners) await client.sender.subscribe(channel, listener);
  }

  #change(state: 'ready' | 'lost', reason: unknown): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener(state, reason);
  }
}
