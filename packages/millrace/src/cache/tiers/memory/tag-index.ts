const untagged: readonly string[] = [];

/** Which slots carry a tag, and which tags a slot carries. Costs nothing for entries without tags. */
export class TagIndex {
  readonly #slots: Map<string, Set<number>> = new Map();
  readonly #tags: Map<number, readonly string[]> = new Map();

  of(slot: number): readonly string[] {
    return this.#tags.get(slot) ?? untagged;
  }

  slotsOf(tag: string): Iterable<number> {
    return this.#slots.get(tag) ?? [];
  }

  /** The tags of a slot are these now. */
  put(slot: number, tags: readonly string[]): void {
    this.forget(slot);
    if (tags.length === 0) return;
    this.#tags.set(slot, tags);
    for (const tag of tags) {
      const known = this.#slots.get(tag);
      if (known) known.add(slot);
      else this.#slots.set(tag, new Set([slot]));
    }
  }

  forget(slot: number): void {
    const tags = this.#tags.get(slot);
    if (!tags) return;
    this.#tags.delete(slot);
    for (const tag of tags) {
      const slots = this.#slots.get(tag);
      slots?.delete(slot);
      if (slots?.size === 0) this.#slots.delete(tag);
    }
  }
}
