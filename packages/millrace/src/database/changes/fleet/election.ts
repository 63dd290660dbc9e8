import { type Clock, sleep } from '../../../kernel/index.ts';
import type { Asking } from '../asking.ts';
import type { FleetChannel } from './channel.ts';
import { type Coverage, longestQuietMs } from './coverage.ts';

/*
 * One of the processes of a fleet follows the log. Which one is said by a session lock of the database itself: when its holder dies the server gives it back, and
 * who asks next has it. A second lock is for the one that is to follow a reader that leaves in order.
 *
 * A frozen process keeps its lock. Everybody else distrusts what it holds five seconds after it was last heard; before that, a candidate ends the sessions of the
 * frozen one on the server, which any process of the same role may, and the lock is free.
 */

const lockClass = 0x4d52;
const askEveryMs = 400;
const handedOverMs = 1000;
/** A reader that maps other entities than ours is of no use to us after so long. */
const longestUncoveredMs = 3000;

/** `reading`: it is the one. `next`: it is to follow the one that leaves. `alone`: the fleet's reader is none for it. */
export type Standing = 'reading' | 'next' | 'alone';

export interface ElectionPorts {
  readonly clock: Clock;
  readonly channel: FleetChannel;
  readonly coverage: Coverage;
  /** Told a reader's life that was ended because nothing was heard of it. */
  readonly onDeposed: (reader: string) => void;
}

export class Election {
  readonly #ports: ElectionPorts;
  readonly #key: number;
  #beganMs = 0;

  constructor(ports: ElectionPorts) {
    this.#ports = ports;
    this.#key = hashOf(ports.channel.name);
  }

  /** Waits until this process is to read, and says as what. Undefined when `signal` aborts first. */
  async stand(ask: Asking, signal: AbortSignal): Promise<Standing | undefined> {
    const { clock, coverage } = this.#ports;
    this.#beganMs = clock.monotonicMs();
    while (!signal.aborted) {
      if (this.#isHeard && !coverage.isHandingOver && (await this.#take(ask, this.#key))) return 'reading';
      if (this.#isHeard && coverage.isLeaving && (await this.#take(ask, this.#key ^ 1))) return 'next';
      if (coverage.uncoveredMs > longestUncoveredMs) return 'alone';
      if (this.#isQuiet()) await this.#depose(ask);
      await sleep(clock, coverage.isLeaving ? askEveryMs / 8 : askEveryMs, signal).catch(() => {});
    }
    return undefined;
  }

  /** The next one waits until the one before has gone. */
  async untilFirst(ask: Asking, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !(await this.#take(ask, this.#key))) await sleep(this.#ports.clock, askEveryMs / 4, signal).catch(() => {});
  }

  /** The hand-over is done: after everybody has heard so, the lock for the next one is free. */
  async release(ask: Asking, signal: AbortSignal): Promise<void> {
    await sleep(this.#ports.clock, handedOverMs, signal);
    await ask((connection) => connection.query({ text: 'select pg_advisory_unlock($1, $2)', values: [lockClass, this.#key ^ 1] }));
  }

  async #take(ask: Asking, key: number): Promise<boolean> {
    const answer = await ask((connection) => connection.query({ text: 'select pg_try_advisory_lock($1, $2) as taken', values: [lockClass, key] }));
    return (answer.rows[0] as { readonly taken: boolean } | undefined)?.taken === true;
  }

  /** The channel works for us: only then can we read for others, and say of a reader that it is silent. */
  get #isHeard(): boolean {
    const { clock, channel } = this.#ports;
    return channel.knownMs !== undefined && clock.monotonicMs() - channel.knownMs < longestQuietMs;
  }

  /** No reader was heard for too long, though the channel works. */
  #isQuiet(): boolean {
    const { clock, coverage } = this.#ports;
    const quietMs = Math.min(coverage.silentMs, clock.monotonicMs() - this.#beganMs);
    return this.#isHeard && coverage.uncoveredMs === 0 && quietMs > longestQuietMs;
  }

  /** Ends the sessions of a frozen reader: the one that holds the lock, and the one that streams. Where that is not permitted it is asked again next time. */
  async #depose(ask: Asking): Promise<void> {
    const { reader } = this.#ports.coverage;
    this.#beganMs = this.#ports.clock.monotonicMs();
    const values = [lockClass, this.#key, `millrace_${reader}`];
    const answer = await ask((connection) => connection.query({ text: deposeText, values })).catch(() => undefined);
    if (answer && answer.rows.length > 0) this.#ports.onDeposed(reader);
  }
}

const deposeText = `select pg_terminate_backend(pid) from pg_locks
   where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
     and classid = $1::int8::oid and objid = ($2::int8 & 4294967295)::oid and objsubid = 2 and granted and pid <> pg_backend_pid()
  union all select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = $3 and active_pid is not null`;

/** FNV-1a, 32 bits signed, the lowest bit free for the second lock. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash | 0) & ~1;
}
