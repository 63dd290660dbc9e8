/**
 * LISTEN and NOTIFY as the channel, for where there is no Redis (PostgreSQL, NOTIFY). One connection past any pooler listens and speaks; the bus gathers what is
 * invalidated for a few ms, so that there is one NOTIFY a tick and none in anybody's transaction.
 *
 * A standby does not hear what its primary is told, so each new connection asks first. A connection that is lost, or does not answer within its time, is replaced,
 * with growing pauses; until then publishing fails, and when it is back the bus is told that something may have been missed.
 */
import { createHash } from 'node:crypto';
import { type System, sleep, system as systemOfTheMachine } from '../../kernel/index.ts';
import type { BusTransport } from './transport.ts';

/** The little of a connection that is needed; `database.connectDirect()` has it. */
export interface PostgresBusConnection {
  query(statement: { readonly text: string; readonly values?: readonly unknown[] }): Promise<{ readonly rows: readonly unknown[] }>;
  onNotification(listener: (notification: { readonly channel: string; readonly payload: string }) => void): () => void;
  onEnd(listener: (cause: Error | undefined) => void): void;
  end(): Promise<void>;
  destroy(): void;
}

export interface PostgresBusPorts {
  /** Opens a connection of its own, past the pool and past any pooler. */
  connect(): Promise<PostgresBusConnection>;
  readonly system?: System | undefined;
}

/** A payload has less than 8,000 bytes. */
const longestMessageBytes = 7999;
const answerLimitMs = 2000;
const again = { firstMs: 50, longestMs: 2000 };

/** Names of channels have 63 bytes: what is longer, or no plain name, is known by its hash. */
const channelNamed = (name: string): string =>
  /^[a-z][a-z0-9_]{0,62}$/.test(name) ? name : `millrace_${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;

/** A channel of that name in one database: whoever gives the same name hears each other. */
export const postgresTransport = (ports: PostgresBusPorts, name = 'millrace_invalidations'): BusTransport => new PostgresTransport(ports, channelNamed(name));

class PostgresTransport implements BusTransport {
  readonly name = 'postgres';
  readonly longestMessageBytes = longestMessageBytes;
  readonly #connect: PostgresBusPorts['connect'];
  readonly #system: System;
  readonly #channel: string;
  readonly #restored: Set<() => void> = new Set();
  #connection: PostgresBusConnection | undefined = undefined;
  #listener: ((message: string) => void) | undefined = undefined;
  #speaking: Promise<unknown> = Promise.resolve();
  #stopping: AbortController = new AbortController();
  #replacing: Promise<void> | undefined = undefined;

  constructor({ connect, system = systemOfTheMachine }: PostgresBusPorts, channel: string) {
    this.#connect = connect;
    this.#system = system;
    this.#channel = channel;
  }

  /** Listens. A server that cannot be reached now is tried again behind: publishing fails until then. */
  async subscribe(listener: (message: string) => void): Promise<() => Promise<void>> {
    this.#listener = listener;
    this.#stopping = new AbortController();
    await this.#open().catch(() => this.#replace());
    return () => this.#stop();
  }

  /** One after the other, as a connection answers one statement at a time. Rejects while there is no connection. */
  publish(message: string): Promise<void> {
    const spoken = this.#speaking.then(() => this.#notify(message));
    this.#speaking = spoken.catch(() => {});
    return spoken;
  }

  onRestored(listener: () => void): () => void {
    this.#restored.add(listener);
    return () => this.#restored.delete(listener);
  }

  async #notify(message: string): Promise<void> {
    const connection = this.#connection;
    if (!connection) throw new Error('there is no connection to the database');
    await this.#within(connection, connection.query({ text: 'select pg_notify($1, $2)', values: [this.#channel, message] }));
  }

  async #open(): Promise<void> {
    const connection = await this.#connect();
    if (this.#stopping.signal.aborted) return connection.end();
    connection.onEnd(() => this.#lost(connection));
    connection.onNotification(({ channel, payload }) => {
      if (channel === this.#channel) this.#listener?.(payload);
    });
    try {
      const { rows } = await this.#within(connection, connection.query({ text: 'select pg_is_in_recovery() as standby' }));
      if ((rows[0] as { readonly standby: boolean }).standby) throw new Error('the server is a standby, where nobody is notified');
      await this.#within(connection, connection.query({ text: `listen "${this.#channel}"` }));
    } catch (error) {
      connection.destroy();
      throw error;
    }
    this.#connection = connection;
  }

  /** A connection that does not answer in time is cut: what waits on it rejects. */
  async #within<Value>(connection: PostgresBusConnection, answer: Promise<Value>): Promise<Value> {
    const cancel = this.#system.clock.after(answerLimitMs, () => connection.destroy());
    try {
      return await answer;
    } finally {
      cancel();
    }
  }

  #lost(connection: PostgresBusConnection): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#replace();
  }

  #replace(): void {
    if (this.#stopping.signal.aborted) return;
    this.#replacing ??= this.#openAgain().finally(() => {
      this.#replacing = undefined;
    });
  }

  async #openAgain(): Promise<void> {
    const { clock, random } = this.#system;
    for (let attempt = 0; !this.#stopping.signal.aborted; attempt++) {
      const pauseMs = Math.min(again.longestMs, again.firstMs * 2 ** Math.min(attempt, 10)) * (0.5 + random.next() / 2);
      await sleep(clock, pauseMs, this.#stopping.signal).catch(() => {}); // cut short by the stop
      const isOpen = await this.#open().then(
        () => this.#connection !== undefined,
        () => false,
      );
      if (!isOpen) continue;
      for (const listener of this.#restored) listener();
      return;
    }
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    await this.#replacing;
    await this.#speaking;
    const connection = this.#connection; // after the wait: another one may have been opened meanwhile
    this.#connection = undefined;
    await connection?.end();
  }
}
