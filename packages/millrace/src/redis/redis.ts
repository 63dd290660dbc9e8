import {
  type CallContext,
  type CallOptions,
  contextOf,
  type EventSink,
  type HealthCheck,
  type HealthReport,
  isMillraceError,
  type Lifecycle,
  rootContext,
  type StatSink,
  type StatSource,
  StoppedError,
  type System,
  silent,
} from '../kernel/index.ts';
import { type TimeoutLayer, timeout } from '../resilience/index.ts';
import { nodeRedisConnection } from './client/node-redis.ts';
import type { RedisArgument, RedisConnection, RedisReply } from './client/port.ts';
import { RedisReplyError, RedisUnavailableError } from './errors.ts';
import type { RedisEvents } from './events.ts';
import { type Lock, takeLock } from './locks/lock.ts';
import { type RedisOptions, type RedisTarget, resolveRedisOptions } from './options.ts';
import type { Script } from './scripts/script.ts';

export interface RedisPorts {
  readonly system: System;
  readonly events?: EventSink<RedisEvents> | undefined;
}

export interface RedisStats {
  readonly isReady: boolean;
  readonly connections: number;
  readonly commands: number;
  readonly errors: number;
  readonly timeouts: number;
  /** Times a socket was destroyed because commands went without an answer. */
  readonly destroyed: number;
}

/** What one command is and where it goes. */
interface Order {
  readonly command: readonly RedisArgument[];
  readonly key: string | undefined;
  readonly isReadOnly: boolean;
}

/** Command time limits that pass one after the other without any answer, after which the sockets are broken. */
const timeoutsBeforeReset = 2;
/** Keys unlinked or scanned at once: short enough that Redis serves others in between. */
const batchSize = 500;

/**
 * Redis with a bound on everything: each command has a time limit, a command without a connection fails at once, and sockets that give no answer for two limits
 * are destroyed. A command that was given up keeps its place in the reply queue, so no answer can reach another caller.
 */
export class Redis implements Lifecycle, HealthCheck, StatSource {
  readonly name = 'redis';
  readonly #target: RedisTarget;
  readonly #system: System;
  readonly #events: EventSink<RedisEvents>;
  readonly #limit: TimeoutLayer<Order, RedisReply>;
  #connections: RedisConnection[] = [];
  #next = 0;
  #isStopped = true;
  #commands = 0;
  #errors = 0;
  #timeouts = 0;
  #timeoutsInARow = 0;
  #destroyed = 0;
  #lostMs: number | undefined = undefined;
  readonly #onConnected: Set<() => void> = new Set();

  constructor(options: RedisOptions, { system, events = silent }: RedisPorts) {
    this.#target = resolveRedisOptions(options);
    this.#system = system;
    this.#events = events;
    this.#limit = timeout(this.#target.commandTimeoutMs);
  }

  /** Host and port for messages; no login. */
  get node(): string {
    return this.#target.nodes.map(({ host, port }) => `${host}:${port}`).join(',');
  }

  get isReady(): boolean {
    return this.#connections.some(({ isReady }) => isReady);
  }

  /** Connects. Where Redis is away it starts nevertheless and goes on trying: a service does not stay down for a cache. */
  async start(): Promise<void> {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    const { random } = this.#system;
    this.#connections = await Promise.all(Array.from({ length: this.#target.connections }, () => nodeRedisConnection(this.#target, random)));
    for (const connection of this.#connections) connection.onState((state, reason) => this.#changed(state, reason));
    await Promise.all(this.#connections.map((connection) => this.#connect(connection)));
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    for (const connection of this.#connections) connection.destroy();
    this.#connections = [];
    return Promise.resolve();
  }

  /** One command. `key` says which node of a Cluster it belongs to. */
  command(command: readonly RedisArgument[], key: string | undefined, options?: CallOptions | CallContext, isReadOnly = false): Promise<RedisReply> {
    return this.#send({ command, key, isReadOnly }, contextOf(this.#system, `redis.${String(command[0]).toLowerCase()}`, options));
  }

  /** The values of keys, in their order; null where there is none. One round trip a node. */
  async getMany(keys: readonly string[], options?: CallOptions | CallContext): Promise<readonly (string | null)[]> {
    if (keys.length === 0) return [];
    const context = contextOf(this.#system, 'redis.getMany', options);
    if (this.#target.mode !== 'cluster')
      return (await this.#send({ command: ['MGET', ...keys], key: keys[0], isReadOnly: true }, context)) as (string | null)[];
    return Promise.all(keys.map((key) => this.#send({ command: ['GET', key], key, isReadOnly: true }, context) as Promise<string | null>));
  }

  /** Removes keys without blocking the server; returns how many there were. */
  async unlink(keys: readonly string[], options?: CallOptions | CallContext): Promise<number> {
    const context = contextOf(this.#system, 'redis.unlink', options);
    const single = this.#target.mode !== 'cluster';
    const groups = single ? batches(keys, batchSize) : keys.map((key) => [key]);
    const counts = await Promise.all(groups.map((group) => this.#send({ command: ['UNLINK', ...group], key: group[0], isReadOnly: false }, context)));
    return counts.reduce<number>((sum, count) => sum + Number(count), 0);
  }

  /** Runs a script on the node of its first key. */
  async evaluate(script: Script, keys: readonly string[], values: readonly RedisArgument[], options?: CallOptions | CallContext): Promise<RedisReply> {
    const context = contextOf(this.#system, 'redis.evaluate', options);
    const order = (command: string, source: string): Order => ({
      command: [command, source, String(keys.length), ...keys, ...values],
      key: keys[0],
      isReadOnly: false,
    });
    try {
      return await this.#send(order('EVALSHA', script.sha), context);
    } catch (error) {
      if (error instanceof RedisReplyError && error.means === 'no script') return this.#send(order('EVAL', script.text), context);
      throw error;
    }
  }

  /** Keys that match, node after node, in batches. Never `KEYS`, which stops the server. Some may come twice. */
  async *scan(match: string, options?: CallOptions | CallContext): AsyncGenerator<readonly string[]> {
    const context = contextOf(this.#system, 'redis.scan', options);
    for (const node of await this.#connection().masters()) {
      let cursor = '0';
      do {
        const [next, keys] = (await this.#guard('SCAN', () => node(['SCAN', cursor, 'MATCH', match, 'COUNT', String(batchSize)]), context)) as [
          string,
          string[],
        ];
        cursor = String(next);
        if (keys.length > 0) yield keys;
      } while (cursor !== '0');
    }
  }

  async publish(channel: string, message: string, options?: CallOptions | CallContext): Promise<number> {
    return Number(await this.command(['PUBLISH', channel, message], undefined, options));
  }

  /** Hears a channel until the returned function is called. What is sent while the connection is down is lost: number your messages. */
  subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>> {
    return this.#connection().subscribe(channel, listener);
  }

  /** Calls `listener` each time a connection has been made anew after it was lost, until the returned function is called. */
  onConnected(listener: () => void): () => void {
    this.#onConnected.add(listener);
    return () => this.#onConnected.delete(listener);
  }

  /** Takes a lock for `ms`, or returns undefined where somebody holds it. */
  lock(key: string, ms: number, options?: CallOptions | CallContext): Promise<Lock | undefined> {
    const store = { command: this.command.bind(this), evaluate: this.evaluate.bind(this) };
    return takeLock(store, key, ms, contextOf(this.#system, 'redis.lock', options));
  }

  async check(signal: AbortSignal): Promise<HealthReport> {
    await this.#send({ command: ['PING'], key: undefined, isReadOnly: true }, rootContext(this.#system, 'redis.check', { signal }));
    return { state: 'up', detail: { node: this.node, mode: this.#target.mode } };
  }

  stats(): RedisStats {
    const [commands, errors, timeouts, destroyed] = [this.#commands, this.#errors, this.#timeouts, this.#destroyed];
    return { isReady: this.isReady, connections: this.#connections.length, commands, errors, timeouts, destroyed };
  }

  collect(sink: StatSink): void {
    sink.gauge('millrace_redis_ready', 'Whether a connection to Redis is ready', this.isReady ? 1 : 0);
    sink.counter('millrace_redis_commands_total', 'Commands sent to Redis', this.#commands);
    sink.counter('millrace_redis_errors_total', 'Commands that failed', this.#errors);
    sink.counter('millrace_redis_timeouts_total', 'Commands that reached their time limit', this.#timeouts);
  }

  #send(order: Order, context: CallContext): Promise<RedisReply> {
    return this.#guard(String(order.command[0]), () => this.#connection().send(order.command, order.key, order.isReadOnly), context);
  }

  async #guard(name: string, send: () => Promise<RedisReply>, context: CallContext): Promise<RedisReply> {
    this.#commands++;
    try {
      const answer = await this.#limit(() => send())({ command: [name], key: undefined, isReadOnly: true }, context);
      this.#timeoutsInARow = 0;
      return answer;
    } catch (error) {
      throw this.#failed(name, error);
    }
  }

  #failed(name: string, error: unknown): unknown {
    this.#errors++;
    if (isMillraceError(error)) {
      if (error.code === 'MILLRACE_TIMEOUT') this.#countTimeout();
      return error;
    }
    const isReply = error instanceof Error && /^[A-Z]+ /.test(error.message) && !('errno' in error);
    if (isReply) this.#timeoutsInARow = 0;
    return isReply ? new RedisReplyError(name, error) : new RedisUnavailableError(this.node, error);
  }

  #countTimeout(): void {
    this.#timeouts++;
    if (++this.#timeoutsInARow < timeoutsBeforeReset) return;
    const timeouts = this.#timeoutsInARow;
    this.#timeoutsInARow = 0;
    this.#destroyed++;
    this.#events.emit('redis.connection.destroyed', () => ({ node: this.node, timeouts }));
    for (const connection of this.#connections) connection.reset();
  }

  #connection(): RedisConnection {
    if (this.#isStopped) throw new StoppedError('redis');
    this.#next = (this.#next + 1) % this.#connections.length;
    const next = this.#connections[this.#next] as RedisConnection;
    return next.isReady ? next : (this.#connections.find(({ isReady }) => isReady) ?? next);
  }

  async #connect(connection: RedisConnection): Promise<void> {
    try {
      await this.#limitedConnect(connection);
    } catch (error) {
      this.#changed('lost', error);
    }
  }

  #limitedConnect(connection: RedisConnection): Promise<void> {
    const limit = timeout<undefined, void>(this.#target.connectTimeoutMs);
    return limit(() => connection.connect())(undefined, rootContext(this.#system, 'redis.connect'));
  }

  #changed(state: 'ready' | 'lost', reason: unknown): void {
    if (this.#isStopped) return;
    if (state === 'ready') for (const listener of this.#onConnected) listener();
    const nowMs = this.#system.clock.monotonicMs();
    if (state === 'lost' && this.#lostMs === undefined) {
      this.#lostMs = nowMs;
      this.#events.emit('redis.connection.lost', () => ({ node: this.node, reason: reason instanceof Error ? reason.message : String(reason) }));
    } else if (state === 'ready' && this.#lostMs !== undefined) {
      const downMs = nowMs - this.#lostMs;
      this.#lostMs = undefined;
      this.#events.emit('redis.connection.restored', () => ({ node: this.node, downMs }));
    }
  }
}

const batches = (keys: readonly string[], size: number): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(keys.length / size) }, (_, index) => keys.slice(index * size, (index + 1) * size));
