/**
 * How far changes are applied: a place in the server's log, such that every commit below it has been applied to this process, and has been handed to the others
 * where there are any. The source says how far it has come; transactions that are still on their way into the caches hold the place back.
 */
export class Positions {
  readonly #underWay: Set<{ readonly lsn: bigint }> = new Set();
  readonly #waiting: Set<{ readonly lsn: bigint; readonly resolve: () => void }> = new Set();
  #reached = 0n;

  /** Every commit below it has been applied. */
  get reached(): bigint {
    return this.#reached;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** A transaction that ends at `lsn` was handed on. It holds the place back until the returned function is called. */
  begin(lsn: bigint): () => void {
    const transaction = { lsn };
    this.#underWay.add(transaction);
    return () => void this.#underWay.delete(transaction);
  }

  /** What the source has handed on so far. Says whether more is applied than before. */
  advance(handedOn: bigint): boolean {
    let reached = handedOn;
    for (const { lsn } of this.#underWay) if (lsn <= reached) reached = lsn - 1n;
    return this.jump(reached);
  }

  /** All below it is applied, or was doubted, which is as good. */
  jump(to: bigint): boolean {
    if (to <= this.#reached) return false;
    this.#reached = to;
    for (const one of this.#waiting) if (one.lsn <= to && this.#waiting.delete(one)) one.resolve();
    return true;
  }

  /** A new life of the source: what was under way in the last one is nobody's any more. */
  reset(): void {
    this.#underWay.clear();
  }

  passed(lsn: bigint): boolean {
    return lsn <= this.#reached;
  }

  /** Resolves when it has passed, rejects with the signal's reason. */
  whenPassed(lsn: bigint, signal?: AbortSignal): Promise<void> {
    if (this.passed(lsn)) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const one = { lsn, resolve };
    this.#waiting.add(one);
    const abort = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    return promise.finally(() => {
      this.#waiting.delete(one);
      signal?.removeEventListener('abort', abort);
    });
  }
}

/** A place in the log as PostgreSQL writes it, `16/B374D848`. */
export function parseLsn(text: string): bigint {
  const parts = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text);
  if (!parts) throw new TypeError(`${JSON.stringify(text)} is no place in the log of PostgreSQL: it looks like 16/B374D848`);
  return (BigInt(`0x${parts[1]}`) << 32n) | BigInt(`0x${parts[2]}`);
}
