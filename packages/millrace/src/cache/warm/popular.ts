import type { EntityId } from '../keys/index.ts';

interface Use<Id> {
  readonly key: string;
  readonly id: Id;
  count: number;
}

/**
 * How often ids are really asked for, newer use counting more: each round halves what was counted before. Bounded: past four times as many ids as are wanted only
 * twice as many of the most used are kept.
 */
export class Popular<Id extends EntityId> {
  readonly #wanted: number;
  readonly #uses: Map<string, Use<Id>> = new Map();

  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  get size(): number {
    return this.#uses.size;
  }

  /** `key`: the same for what is the same id. `weight`: for how many questions this one stands. */
  note(key: string, id: Id, weight: number): void {
    const use = this.#uses.get(key);
    if (use) use.count += weight;
    else this.#uses.set(key, { key, id, count: weight });
    if (this.#uses.size > this.#wanted * 4) this.#shrink();
  }

  /** The most used, most first. */
  top(): readonly Id[] {
    return this.#sorted()
      .slice(0, this.#wanted)
      .map(({ id }) => id);
  }

  /** Halves all counts; what was asked for once, long ago, is forgotten. */
  decay(): void {
    for (const use of this.#uses.values()) {
      use.count /= 2;
      if (use.count < 0.2) this.#uses.delete(use.key);
    }
  }

  #shrink(): void {
    const kept = this.#sorted().slice(0, this.#wanted * 2);
    this.#uses.clear();
    for (const use of kept) this.#uses.set(use.key, use);
  }

  #sorted(): Use<Id>[] {
    return [...this.#uses.values()].sort((a, b) => b.count - a.count);
  }
}
