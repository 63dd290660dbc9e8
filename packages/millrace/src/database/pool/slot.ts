import type { Connection } from '../driver/index.ts';
import type { Lease } from './lease.ts';

export type SlotState = 'idle' | 'lent' | 'tidying' | 'closing';

/** One place of the pool with its connection. */
export class Slot {
  readonly connection: Connection;
  readonly openedMs: number;
  readonly expiresMs: number;
  state: SlotState = 'tidying';
  idleSinceMs: number;
  lease: Lease | undefined = undefined;
  /** How many changed settings the server had reported when the session was clean. */
  cleanSettings = 0;

  constructor(connection: Connection, openedMs: number, expiresMs: number) {
    this.connection = connection;
    this.openedMs = openedMs;
    this.expiresMs = expiresMs;
    this.idleSinceMs = openedMs;
    this.cleanSettings = connection.settingsReported;
  }

  get isClean(): boolean {
    return this.connection.settingsReported === this.cleanSettings;
  }
}
