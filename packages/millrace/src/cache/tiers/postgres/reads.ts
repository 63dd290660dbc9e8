import { type CallContext, DeadlineError } from '../../../kernel/index.ts';
import { waitFor } from '../../load/patience.ts';

export interface Found {
  readonly fence: string;
  readonly bodies: ReadonlyMap<string, string>;
}

interface Reader {
  readonly keys: readonly string[];
  readonly context: CallContext;
  resolve(found: Found): void;
  reject(error: unknown): void;
}

/** Keys in one statement. */
const mostKeys = 5000;

/** The reads of one turn of the event loop as one statement. Each caller keeps its own deadline; the statement has the latest of them. */
export class ReadBatch {
  readonly #read: (keys: readonly string[], context: CallContext) => Promise<Found>;
  #waiting: Reader[] = [];
  #keys = 0;

  constructor(read: (keys: readonly string[], context: CallContext) => Promise<Found>) {
    this.#read = read;
  }

  async get(keys: readonly string[], context: CallContext): Promise<Found> {
    if (context.isAborted) throw context.reason;
    const leftMs = context.remainingMs();
    if (leftMs <= 0) throw new DeadlineError(context.operation, leftMs);
    const work = new Promise<Found>((resolve, reject) => this.#add({ keys, context, resolve, reject }));
    const waited = await waitFor(work, context.deadlineMs, context);
    if (waited.outcome === 'came') return waited.value;
    throw waited.outcome === 'failed' ? waited.error : new DeadlineError(context.operation, leftMs);
  }

  #add(reader: Reader): void {
    if (this.#waiting.length === 0) queueMicrotask(() => this.#flush());
    this.#waiting.push(reader);
    this.#keys += reader.keys.length;
    if (this.#keys > mostKeys) this.#flush();
  }

  #flush(): void {
    const readers = this.#waiting;
    const [first] = readers;
    if (!first) return;
    this.#waiting = [];
    this.#keys = 0;
    const keys = readers.length === 1 ? first.keys : [...new Set(readers.flatMap((one) => one.keys))];
    // One caller's own context lets its abort reach the server; several share one that none of them can end.
    const deadlineMs = Math.max(...readers.map(({ context }) => context.deadlineMs));
    const context = readers.length === 1 ? first.context : first.context.detached().with({ deadlineMs });
    this.#read(keys, context).then(
      (found) => {
        for (const { resolve } of readers) resolve(found);
      },
      (error: unknown) => {
        for (const { reject } of readers) reject(error);
      },
    );
  }
}
