import type { BusTransport } from '../../cache/index.ts';
import type { Random } from '../../kernel/index.ts';
import { WorldConnectionError } from './world-connection.ts';
import type { WorldLink, WorldNetwork } from './world-network.ts';
import type { WorldProcess } from './world-process.ts';

/** A channel that everybody hears what anybody publishes on, as far as the network lets them. */
export class WorldBus {
  readonly #network: WorldNetwork;
  readonly #random: Random;
  readonly #ways: Set<WorldBusWay> = new Set();
  lost = 0;

  constructor(network: WorldNetwork, random: Random) {
    this.#network = network;
    this.#random = random;
  }

  /** The way of one process to the channel and back. */
  join(process: WorldProcess): WorldBusWay {
    const way = new WorldBusWay(this, this.#network, process);
    this.#ways.add(way);
    return way;
  }

  leave(way: WorldBusWay): void {
    this.#ways.delete(way);
  }

  /** @internal */
  spread(message: string): void {
    for (const way of this.#ways) {
      if (way.lossRatio > 0 && this.#random.next() < way.lossRatio) this.lost++;
      else way.deliver(message);
    }
  }
}

export class WorldBusWay implements BusTransport {
  readonly name = 'world';
  /** Share of the messages to this process that are lost without anybody being told. */
  lossRatio = 0;
  readonly #bus: WorldBus;
  readonly #process: WorldProcess;
  readonly #up: WorldLink;
  readonly #down: WorldLink;
  readonly #restored: Set<() => void> = new Set();
  #listener: ((message: string) => void) | undefined;

  constructor(bus: WorldBus, network: WorldNetwork, process: WorldProcess) {
    this.#bus = bus;
    this.#process = process;
    this.#up = network.link();
    this.#down = network.link();
  }

  publish(message: string): Promise<void> {
    if (this.#up.isCut) return Promise.reject(new WorldConnectionError('the bus'));
    this.#up.send(() => this.#bus.spread(message));
    return Promise.resolve();
  }

  subscribe(listener: (message: string) => void): Promise<() => Promise<void>> {
    return new Promise((resolve) => {
      this.#up.send(() => {
        this.#listener = listener;
        this.#down.send(() => this.#process.receive(this.#down, () => resolve(async () => this.#bus.leave(this))));
      });
    });
  }

  onRestored(listener: () => void): () => void {
    this.#restored.add(listener);
    return () => this.#restored.delete(listener);
  }

  /** @internal */
  deliver(message: string): void {
    const listener = this.#listener;
    if (listener) this.#down.send(() => this.#process.receive(this.#down, () => listener(message)));
  }

  /** Messages to this process take so much longer, ms. */
  delay(ms: number): void {
    this.#down.lagMs = ms;
  }

  cut(direction: 'up' | 'down' | 'both'): void {
    if (direction !== 'down') this.#up.cut();
    if (direction !== 'up') this.#down.cut();
  }

  /** A new connection: whoever asked is told that it was gone. */
  heal(): void {
    const wasCut = this.#up.isCut || this.#down.isCut;
    this.#up.heal();
    this.#down.heal();
    if (wasCut) this.#process.receive(this.#down, () => this.#tellRestored());
  }

  #tellRestored(): void {
    for (const listener of this.#restored) listener();
  }
}
