import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../../kernel/index.ts';
import { DiskTierError } from './errors.ts';
import type { DiskFigures, DiskOperation, FromWorker, ToWorker, WorkerLimits } from './messages.ts';

/** One operation on its way. */
export interface Errand {
  readonly operation: DiskOperation;
  resolve(value: never): void;
  reject(error: unknown): void;
  isGone: boolean;
}

export interface DeskListener {
  setAside(file: string, because: string): void;
  ended(error: unknown): void;
}

const mostWaiting = 10_000;
const restartAfterMs = 1000;

const nothingYet: DiskFigures = { entries: 0, sizeBytes: 0, evictions: 0, expirations: 0, setAside: 0, failures: 0, leftovers: 0 };

/**
 * Where errands for the worker wait. One batch is out at a time and everything that comes meanwhile makes the next, so that whoever gave up waiting
 * while the disk did not answer is never done at all, and what the worker has before it is bounded.
 */
export class Desk {
  figures: DiskFigures = nothingYet;
  restarts = 0;
  /** Batches sent to the thread. */
  batches = 0;
  readonly #limits: WorkerLimits;
  readonly #clock: Clock;
  readonly #listener: DeskListener;
  #worker: Worker | undefined = undefined;
  #waiting: Errand[] = [];
  #out: readonly Errand[] | undefined = undefined;
  #isPlanned = false;
  #endedAtMs = Number.NEGATIVE_INFINITY;
  #lastEnd: unknown = undefined;
  #before: DiskFigures = nothingYet;

  constructor(limits: WorkerLimits, clock: Clock, listener: DeskListener) {
    this.#limits = limits;
    this.#clock = clock;
    this.#listener = listener;
  }

  take(errand: Errand): void {
    if (this.#waiting.length >= mostWaiting) this.#waiting = this.#waiting.filter(({ isGone }) => !isGone);
    if (this.#waiting.length >= mostWaiting) {
      errand.reject(new DiskTierError(`${mostWaiting} calls wait for it already`));
      return;
    }
    this.#waiting.push(errand);
    if (this.#isPlanned || this.#out) return;
    this.#isPlanned = true;
    queueMicrotask(() => this.#send());
  }

  /** Lets the batch that is out end, closes the file and ends the thread; after `limitMs` it ends it as it is. */
  async stop(limitMs: number): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#rejectAll(new DiskTierError('it is stopped'));
    if (!worker) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(limitMs, resolve);
      worker.once('exit', () => {
        cancel();
        resolve();
      });
      worker.postMessage({ end: true } satisfies ToWorker);
    });
    worker.unref();
    void worker.terminate(); // a thread that hangs in the kernel ends when the kernel lets it; nothing waits for it
  }

  #send(): void {
    this.#isPlanned = false;
    if (this.#out) return;
    const errands = this.#waiting.filter(({ isGone }) => !isGone);
    this.#waiting = [];
    if (errands.length === 0) return;
    const worker = this.#running();
    if (!worker) {
      for (const errand of errands) errand.reject(this.#lastEnd);
      return;
    }
    this.#out = errands;
    this.batches++;
    worker.ref();
    worker.postMessage({ operations: errands.map(({ operation }) => operation) } satisfies ToWorker);
  }

  #running(): Worker | undefined {
    if (this.#worker) return this.#worker;
    if (this.#clock.monotonicMs() - this.#endedAtMs < restartAfterMs) return undefined;
    const worker = new Worker(new URL(`./worker${extname(import.meta.filename)}`, import.meta.url), { name: 'millrace-cache-disk', workerData: this.#limits });
    worker.on('message', (message: FromWorker) => this.#receive(worker, message));
    worker.once('error', (error) => this.#ended(worker, error));
    worker.once('exit', (code) => this.#ended(worker, new DiskTierError(`its thread ended with ${code}`)));
    this.#worker = worker;
    return worker;
  }

  #receive(worker: Worker, { outcomes, isDone, figures, setAside }: FromWorker): void {
    for (const { file, because } of setAside) this.#listener.setAside(file, because);
    this.figures = sumOf(this.#before, figures);
    const out = this.#out ?? [];
    for (const [place, outcome] of outcomes) {
      const errand = out[place];
      if ('failed' in outcome) errand?.reject(new DiskTierError(outcome.failed));
      else errand?.resolve(outcome.value as never);
    }
    if (!isDone || this.#worker !== worker) return;
    this.#out = undefined;
    worker.unref();
    if (this.#waiting.length > 0) this.#send();
  }

  #ended(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#endedAtMs = this.#clock.monotonicMs();
    this.#before = this.figures;
    this.restarts++;
    this.#lastEnd = new DiskTierError('its thread has ended', { cause: error });
    this.#rejectAll(this.#lastEnd);
    this.#listener.ended(error);
  }

  #rejectAll(error: unknown): void {
    const all = [...(this.#out ?? []), ...this.#waiting];
    this.#out = undefined;
    this.#waiting = [];
    for (const errand of all) errand.reject(error);
  }
}

/** What the file holds now, and what was counted by this thread and those before it. */
const sumOf = (before: DiskFigures, now: DiskFigures): DiskFigures => ({
  ...{ entries: now.entries, sizeBytes: now.sizeBytes, evictions: before.evictions + now.evictions, expirations: before.expirations + now.expirations },
  ...{ setAside: before.setAside + now.setAside, failures: before.failures + now.failures, leftovers: before.leftovers + now.leftovers },
});
