/**
 * Which keys of three parts and more begin with the same two (`user:123:balance` and `user:123:orders`), so that dropping `user:123` looks at those and
 * not at everything.
 */
export class Siblings {
  readonly #slots: Map<string, Set<number>> = new Map();

  add(key: string, slot: number): void {
    const above = twoParts(key);
    if (above === undefined) return;
    const known = this.#slots.get(above);
    if (known) known.add(slot);
    else this.#slots.set(above, new Set([slot]));
  }

  remove(key: string, slot: number): void {
    const above = twoParts(key);
    if (above === undefined) return;
    const known = this.#slots.get(above);
    known?.delete(slot);
    if (known?.size === 0) this.#slots.delete(above);
  }

  /** All slots whose key begins with the first two parts of `key`. */
  of(key: string): number[] {
    return [...(this.#slots.get(twoParts(key) ?? key) ?? [])];
  }
}

/** The first two parts of a key that has more. */
function twoParts(key: string): string | undefined {
  const second = key.indexOf(':', key.indexOf(':') + 1);
  return second > 0 ? key.slice(0, second) : undefined;
}
