/**
 * Something that must happen at a coarse moment unless it is disarmed first: a limit, a deadline.
 * Intrusive on purpose: the object of a call *is* its entry in the clock's list, so arming allocates nothing.
 */
export abstract class DeadlineEntry {
  /** @internal */ previousEntry: DeadlineEntry | undefined = undefined;
  /** @internal */ nextEntry: DeadlineEntry | undefined = undefined;
  /** @internal The tick this is due at, or -1 while it is not armed. */ dueTick = -1;
  /** Called once, never before its time and at most one tick of the clock later. Must not throw. */
  abstract expire(): void;
}

/** Time as an argument. */
export interface Clock {
  /** Wall time, ms since the epoch: for people and storage. It can jump. */
  wallMs(): number;
  /** Monotonic ms, for measuring: only the difference of two readings means anything. */
  monotonicMs(): number;
  /** Monotonic ms as of some moment since the event loop's current task began: a field read, for hot paths that only compare. */
  coarseMs(): number;
  /** Runs `task` once, `ms` from now, unless the returned function is called first. Keeps the process alive. */
  after(ms: number, task: () => void): () => void;
  /** The same for upkeep: does not keep the process alive. */
  background(ms: number, task: () => void): () => void;
  /** Puts `entry` on the coarse deadline list, due at `atMs` (as `monotonicMs` reads). An entry is armed at most once at a time. */
  armAt(entry: DeadlineEntry, atMs: number): void;
  /** Takes it off again; harmless when it is not armed. */
  disarm(entry: DeadlineEntry): void;
}

/** Resolves `ms` from now; rejects with the signal's reason when that aborts first. */
export const sleep = (clock: Clock, ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    signal?.addEventListener('abort', stop, { once: true });
  });

/** Runs `task` every `ms` as upkeep until the returned function is called. The next run is planned when one has ended. */
export function everyMs(clock: Clock, ms: number, task: () => void | Promise<void>): () => void {
  let stopped = false;
  let cancel = (): void => {};
  const plan = (): void => {
    if (!stopped) cancel = clock.background(ms, () => void run());
  };
  const run = async (): Promise<void> => {
    try {
      await task();
    } finally {
      plan();
    }
  };
  plan();
  return () => {
    stopped = true;
    cancel();
  };
}
