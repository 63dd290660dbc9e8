import { StoppedError, sleep } from '../../kernel/index.ts';
import type { Traffic } from '../context/index.ts';

/** What is needed of `node:http`'s server. */
export interface Listening {
  close(done: () => void): unknown;
  closeAllConnections(): void;
}

/** After listening ended: how long a connection that was just accepted may take to send its request, ms. */
const quietMs = 100;
/** After requests were told to stop: how long their answers may take, ms. */
const cancelMs = 1000;
const lookEveryMs = 5;

/**
 * Stops a server without a failed request. Destroying a connection that looks idle loses the request that is already on the wire, and closing the
 * listener first refuses clients that a balancer still sends. So: every answer says `Connection: close` while requests are still taken (the lame
 * duck), the clients go elsewhere by themselves, then listening ends, what is in flight is answered, and only what runs past the grace period is told
 * to stop. Runs once; asked again, it gives the same promise.
 */
export class Drain {
  readonly #traffic: Traffic;
  readonly #server: Listening;
  #running: Promise<void> | undefined;
  #isClosed = false;
  #cancelled = 0;

  constructor(traffic: Traffic, server: Listening) {
    this.#traffic = traffic;
    this.#server = server;
  }

  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    const { events, lameDuckMs, graceMs, system } = this.#traffic.ports;
    const { clock } = system;
    const startMs = clock.monotonicMs();
    events.emit('http.stop.begun', () => ({ inFlight: this.#traffic.inFlight, lameDuckMs, graceMs }));
    this.#traffic.beginClosing();
    if (lameDuckMs > 0) await sleep(clock, lameDuckMs);
    this.#stopListening();
    await this.#until(() => this.#isQuiet(), graceMs);
    this.#cancelTheRest();
    await this.#until(() => this.#traffic.inFlight === 0, cancelMs);
    this.#server.closeAllConnections();
    events.emit('http.stop.finished', () => ({ durationMs: clock.monotonicMs() - startMs, cancelled: this.#cancelled }));
  }

  #stopListening(): void {
    this.#server.close(() => {
      this.#isClosed = true;
    });
    for (const exchange of this.#traffic.all()) if (exchange.isStream) exchange.context.abort(new StoppedError('The service'));
  }

  /** Every connection is gone, or nothing is in flight and nothing new has come for a moment. */
  #isQuiet(): boolean {
    const { inFlight, lastBegunMs, ports } = this.#traffic;
    return this.#isClosed || (inFlight === 0 && ports.system.clock.monotonicMs() - lastBegunMs >= quietMs);
  }

  #cancelTheRest(): void {
    for (const exchange of this.#traffic.all()) {
      this.#cancelled++;
      exchange.cut(new StoppedError('The service'));
    }
  }

  async #until(isDone: () => boolean, limitMs: number): Promise<void> {
    const { clock } = this.#traffic.ports.system;
    const endMs = clock.monotonicMs() + limitMs;
    while (!isDone() && clock.monotonicMs() < endMs) await sleep(clock, lookEveryMs);
  }
}
