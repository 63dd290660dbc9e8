/** Rows of a table, by the name it is known under here, that have changed; without rows all of them. */
export interface ChangedRows {
  readonly table: string;
  readonly rows?: readonly object[] | undefined;
}

/** Changes on their way into the tiers. Past it a table is dropped as a whole. */
const mostApplying = 200;

export interface ApplierPorts {
  /** Drops what this makes outdated, in every tier and in the other processes. */
  apply(change: ChangedRows): Promise<unknown>;
  /** What could not be dropped may stay: the feed must begin anew. */
  onFailed(error: unknown): void;
}

/** Hands changes on, a bounded number at a time. */
export class Applier {
  readonly #ports: ApplierPorts;
  readonly #applying: Set<Promise<void>> = new Set();
  readonly #crowded: Set<string> = new Set();
  #crowdedApplied: PromiseWithResolvers<void> | undefined;

  constructor(ports: ApplierPorts) {
    this.#ports = ports;
  }

  /** Settles when all of them are applied. Never rejects. */
  async apply(changes: readonly ChangedRows[]): Promise<void> {
    await Promise.all(changes.map((change) => (this.#applying.size < mostApplying ? this.#apply(change) : this.#crowd(change.table))));
  }

  async settled(): Promise<void> {
    await Promise.all(this.#applying);
  }

  /** Too many are on their way: the table is dropped as a whole when one of them is done. */
  #crowd(table: string): Promise<void> {
    this.#crowded.add(table);
    this.#crowdedApplied ??= Promise.withResolvers<void>();
    return this.#crowdedApplied.promise;
  }

  #apply(change: ChangedRows): Promise<void> {
    const applied: Promise<void> = this.#ports
      .apply(change)
      .then(
        () => {},
        (error: unknown) => this.#ports.onFailed(error),
      )
      .finally(() => this.#applied(applied));
    this.#applying.add(applied);
    return applied;
  }

  #applied(applied: Promise<void>): void {
    this.#applying.delete(applied);
    const [tables, told] = [[...this.#crowded], this.#crowdedApplied];
    if (!told) return;
    this.#crowded.clear();
    this.#crowdedApplied = undefined;
    void Promise.all(tables.map((table) => this.#apply({ table }))).then(() => told.resolve());
  }
}
