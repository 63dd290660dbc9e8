import type { EmbeddedServer } from '../database/index.ts';

export type Phase = 'starting' | 'running' | 'stopping' | 'stopped';

/** This instance's own state: whether it wants requests. What it depends on is not asked; only the server that belongs to it is. */
export class Readiness {
  phase: Phase = 'starting';
  #embedded: EmbeddedServer | undefined = undefined;

  watch(embedded: EmbeddedServer): void {
    this.#embedded = embedded;
  }

  /** Why it wants no requests, for people; empty while it does. */
  get reasons(): readonly string[] {
    const own = this.phase === 'running' ? [] : [`the instance is ${this.phase}`];
    const server = this.#embedded?.state;
    return server === undefined || server === 'ready' || this.phase !== 'running' ? own : [...own, `the embedded PostgreSQL is ${server}`];
  }
}
