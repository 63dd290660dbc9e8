const places = 4096;

/**
 * The promises of what is asked for most: an awaited hit is then a promise that exists already, which saves making one each time. One place for each slot,
 * shared by the slots 4,096 apart, so it is bounded; whoever changes a slot must `forget` it, so it holds nothing that the store has let go.
 */
export class HotPromises {
  readonly #slots: Int32Array = new Int32Array(places).fill(-1);
  readonly #promises: (Promise<unknown> | undefined)[] = new Array<Promise<unknown> | undefined>(places).fill(undefined);

  of(slot: number, value: unknown): Promise<unknown> {
    const at = slot & (places - 1);
    if (this.#slots[at] === slot) return this.#promises[at] as Promise<unknown>;
    const promise = Promise.resolve(value);
    this.#slots[at] = slot;
    this.#promises[at] = promise;
    return promise;
  }

  forget(slot: number): void {
    const at = slot & (places - 1);
    if (this.#slots[at] !== slot) return;
    this.#slots[at] = -1;
    this.#promises[at] = undefined;
  }
}
