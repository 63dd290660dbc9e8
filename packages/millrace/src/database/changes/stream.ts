import { type Clock, everyMs } from '../../kernel/index.ts';
import type { ReplicationConnection } from '../driver/index.ts';
import { StreamSilentError } from './errors.ts';
import { PgoutputDecoder } from './pgoutput/index.ts';
import { parseLsn } from './positions.ts';
import { publicationName } from './publication.ts';
import type { ChangeSource, SourceListener } from './source.ts';

/*
 * One life of the stream: a temporary slot, which keeps no log of the server back once we are gone, and forgets; then pgoutput over it. Both sides of the
 * heartbeat are ours: every second the server is told where we are and asked to answer (PostgreSQL, Streaming Replication Protocol, 54.4).
 */

const heartbeatMs = 1000;
export const longestSilenceMs = 5000;
const longestGoodbyeMs = 1000;
const mostRows = 500;

const letters = { data: 0x77, keepAlive: 0x6b, status: 0x72 };
const dataHeaderBytes = 25;

export class ChangeStream implements ChangeSource {
  readonly #connection: ReplicationConnection;
  readonly #clock: Clock;
  readonly #decoder: PgoutputDecoder = new PgoutputDecoder({ mostRows });
  readonly #listener: SourceListener;
  readonly #slot: string;
  #received = 0n;
  #heardMs: number;
  #stopHeartbeat = (): void => {};

  constructor(connection: ReplicationConnection, clock: Clock, slot: string, listener: SourceListener) {
    this.#slot = slot;
    this.#connection = connection;
    this.#clock = clock;
    this.#listener = listener;
    this.#heardMs = clock.monotonicMs();
  }

  /** Since the server last said something, ms. */
  get silentMs(): number {
    return this.#clock.monotonicMs() - this.#heardMs;
  }

  /** Makes the slot and begins. When it resolves, every transaction that was not visible before is going to be decoded: the server waits for those that run. */
  async open(): Promise<bigint> {
    const slot = this.#slot;
    const [made] = await this.#connection.command(`CREATE_REPLICATION_SLOT "${slot}" TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT`);
    const begin = parseLsn(made?.['consistent_point'] ?? '');
    this.#note(begin);
    this.#heardMs = this.#clock.monotonicMs();
    const start = `START_REPLICATION SLOT "${slot}" LOGICAL 0/0 (proto_version '1', publication_names '"${publicationName}"')`;
    await this.#connection.follow(start, (message) => this.#read(message));
    this.#stopHeartbeat = everyMs(this.#clock, heartbeatMs, () => this.#beat());
    return begin;
  }

  get position(): bigint {
    return this.#received;
  }

  nudge(): void {
    this.#acknowledge(true);
  }

  /** Resolves with the cause when the stream has ended, whoever ended it. */
  async ended(): Promise<Error | undefined> {
    const cause = await this.#connection.ended;
    this.#stopHeartbeat();
    return cause;
  }

  /** Settles when the server has let go of the slot, or after a second: an open slot keeps its database from being dropped. */
  async close(): Promise<void> {
    this.#stopHeartbeat();
    const cancel = this.#clock.after(longestGoodbyeMs, () => this.#connection.destroy());
    await this.#connection.end();
    cancel();
  }

  #beat(): void {
    if (this.silentMs > longestSilenceMs) this.#connection.destroy(new StreamSilentError(this.silentMs));
    else this.#acknowledge(true);
  }

  #read(message: Buffer): void {
    this.#heardMs = this.#clock.monotonicMs();
    if (message[0] === letters.data) {
      const committed = this.#decoder.decode(message.subarray(dataHeaderBytes));
      if (!committed) return;
      this.#note(committed.endLsn);
      if (committed.changes.length > 0) this.#listener.onCommit(committed);
      this.#listener.onPosition();
    } else if (message[0] === letters.keepAlive) {
      this.#note(message.readBigUInt64BE(1));
      this.#listener.onPosition();
      if (message[17] === 1) this.#acknowledge(false);
    }
  }

  #note(lsn: bigint): void {
    if (lsn > this.#received) this.#received = lsn;
  }

  /** What was received counts as done: the slot does not outlive us, so nothing could be asked for again. */
  #acknowledge(wantsAnswer: boolean): void {
    const status = Buffer.alloc(34);
    status[0] = letters.status;
    for (const at of [1, 9, 17]) status.writeBigUInt64BE(this.#received, at);
    status[33] = wantsAnswer ? 1 : 0;
    this.#connection.send(status);
  }
}
