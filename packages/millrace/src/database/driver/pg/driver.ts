import type { Clock } from '../../../kernel/index.ts';
import type { Connection, Driver, ReplicationConnection } from '../port.ts';
import { addressOf, type Target } from '../target.ts';
import { sendCancel } from './cancel.ts';
import { loadPg } from './load.ts';
import { logIn, tlsOptions } from './login.ts';
import { ReplicationSession } from './replication.ts';
import { Session } from './session.ts';
import type { PgModule } from './shape.ts';

/** The real driver: `pg` for socket, TLS, login and types; the conversation is ours. */
export class PgDriver implements Driver {
  readonly address: string;
  readonly #target: Target;
  readonly #clock: Clock;
  #pg: PgModule | undefined;

  constructor(target: Target, clock: Clock) {
    this.#target = target;
    this.#clock = clock;
    this.address = addressOf(target);
  }

  async connect(limitMs: number, signal?: AbortSignal): Promise<Connection> {
    const pg = await loadPg();
    this.#pg = pg;
    const ssl = await tlsOptions(this.#target);
    const { login, settings } = await logIn(pg, this.#target, ssl, this.#clock, limitMs, signal);
    return new Session(pg, login, settings, (cancelLimitMs) => sendCancel(pg, this.#target, ssl, login, this.#clock, cancelLimitMs));
  }

  async connectReplication(limitMs: number, signal?: AbortSignal): Promise<ReplicationConnection> {
    const pg = await loadPg();
    const { login } = await logIn(pg, this.#target, await tlsOptions(this.#target), this.#clock, limitMs, signal, true);
    return new ReplicationSession(login);
  }

  textOf(value: unknown): string | null {
    const prepared = this.#pg?.utils.prepareValue(value) ?? null;
    if (prepared === null) return null;
    return Buffer.isBuffer(prepared) ? `\\x${prepared.toString('hex')}` : String(prepared);
  }
}
