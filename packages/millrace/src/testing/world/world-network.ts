import type { Clock, Random } from '../../kernel/index.ts';

export interface NetworkFaults {
  /** Longest usual delay of a message, ms. @default 2 */
  readonly usualMs?: number | undefined;
  /** Share of messages that take up to `slowMs` instead. @default 0.01 */
  readonly slowRatio?: number | undefined;
  /** @default 200 */
  readonly slowMs?: number | undefined;
}

/** What the network did, so that "nothing went wrong" can be told from "nothing happened". */
export interface NetworkCounts {
  readonly delivered: number;
  readonly lost: number;
  readonly slow: number;
  readonly cuts: number;
}

/** One direction between two ends. Like TCP: in order, whole, or not at all once it is cut. */
export class WorldLink {
  readonly #network: WorldNetwork;
  /** Everything takes so much longer, ms. */
  lagMs = 0;
  #deliverableMs = 0;
  #isCut = false;
  #epoch = 0;
  readonly #onCut: (() => void)[] = [];

  /** @internal */
  constructor(network: WorldNetwork) {
    this.#network = network;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** Delivers after some time, behind everything sent before; lost when the link is cut before it arrives. */
  send(deliver: () => void): void {
    if (this.#isCut) {
      this.#network.count('lost');
      return;
    }
    const { clock } = this.#network;
    this.#deliverableMs = Math.max(this.#deliverableMs, clock.monotonicMs() + this.#network.delayMs() + this.lagMs);
    const epoch = this.#epoch;
    clock.after(this.#deliverableMs - clock.monotonicMs(), () => {
      const isLost = this.#isCut || epoch !== this.#epoch;
      this.#network.count(isLost ? 'lost' : 'delivered');
      if (!isLost) deliver();
    });
  }

  /** Everything on its way is lost. Whoever listens hears of it, as a socket's owner does. */
  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#epoch++;
    this.#network.count('cuts');
    for (const listener of this.#onCut) listener();
  }

  /** A new connection over the same way. */
  heal(): void {
    this.#isCut = false;
    this.#deliverableMs = 0;
  }

  onCut(listener: () => void): void {
    this.#onCut.push(listener);
  }
}

export class WorldNetwork {
  readonly clock: Clock;
  readonly #random: Random;
  readonly #faults: Required<{ [Key in keyof NetworkFaults]: number }>;
  readonly #counts: Record<keyof NetworkCounts, number> = { delivered: 0, lost: 0, slow: 0, cuts: 0 };

  constructor(clock: Clock, random: Random, { usualMs = 2, slowRatio = 0.01, slowMs = 200 }: NetworkFaults = {}) {
    this.clock = clock;
    this.#random = random;
    this.#faults = { usualMs, slowRatio, slowMs };
  }

  link(): WorldLink {
    return new WorldLink(this);
  }

  get counts(): NetworkCounts {
    return { ...this.#counts };
  }

  /** @internal */
  delayMs(): number {
    const isSlow = this.#random.next() < this.#faults.slowRatio;
    if (isSlow) this.count('slow');
    return this.#random.next() * (isSlow ? this.#faults.slowMs : this.#faults.usualMs);
  }

  /** @internal */
  count(what: keyof NetworkCounts): void {
    this.#counts[what]++;
  }
}
