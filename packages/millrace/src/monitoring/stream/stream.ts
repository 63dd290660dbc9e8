import { type Clock, encodeEvent, eventStreamHeartbeat, everyMs } from '../../kernel/index.ts';
import type { StreamEvents } from '../api/schema.ts';
import { PerformanceRequestError } from '../errors.ts';

/**
 * The event stream and its readers. Each event is encoded once, whoever reads it. The newest 60 are kept, so that a reader who comes back names the last id it saw
 * and gets what came after; when that is gone, or belongs to an earlier run of the process, it gets a snapshot like a new one.
 *
 * A reader that takes nothing piles up events. Past its bound it is dropped: its dashboard knocks again and gets a snapshot, and the process has lost nothing.
 */
export interface StreamOptions {
  readonly clock: Clock;
  /** Tells this run from any other in the ids. */
  readonly run: string;
  readonly mostReaders: number;
  readonly mostWaitingBytes: number;
  readonly snapshot: () => StreamEvents['snapshot'];
  readonly onDropped?: ((waitingBytes: number) => void) | undefined;
}

const heartbeatMs = 15_000;
const keptEvents = 60;
/** After the last reader left, events are still made for so long: it may only have lost its connection. */
const idleAfterMs = 60_000;

export class EventStream {
  readonly #options: StreamOptions;
  readonly #readers: Set<Reader> = new Set();
  readonly #kept: { readonly number: number; readonly text: string }[] = [];
  #number = 0;
  #leftAtMs = Number.NEGATIVE_INFINITY;
  #stopHeart: (() => void) | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** False while nobody reads and nobody will come back: then events need not be made. */
  get isWatched(): boolean {
    return this.#readers.size > 0 || this.#options.clock.monotonicMs() - this.#leftAtMs < idleAfterMs;
  }

  start(): void {
    this.#stopHeart ??= everyMs(this.#options.clock, heartbeatMs, () => {
      for (const reader of this.#readers) reader.give(eventStreamHeartbeat);
    });
  }

  /** Says good-bye and ends every stream. */
  stop(): void {
    this.#stopHeart?.();
    this.#stopHeart = undefined;
    this.send('bye', { atMs: this.#options.clock.wallMs() });
    for (const reader of [...this.#readers]) reader.end();
  }

  send<Name extends keyof StreamEvents>(name: Name, event: StreamEvents[Name]): void {
    const text = this.#encode(name, event, ++this.#number);
    this.#kept.push({ number: this.#number, text });
    if (this.#kept.length > keptEvents) this.#kept.shift();
    for (const reader of this.#readers) reader.give(text);
  }

  /** A new reader. `lastId`: the last event it saw on an earlier stream. @throws MILLRACE_STREAMS_FULL */
  open(lastId: string | undefined): AsyncIterable<string> {
    if (this.#readers.size >= this.#options.mostReaders)
      throw new PerformanceRequestError('MILLRACE_STREAMS_FULL', `${this.#readers.size} event streams are open, the most there can be.`);
    const reader = new Reader(this.#options.mostWaitingBytes, (gone, waitingBytes) => this.#forget(gone, waitingBytes));
    this.#readers.add(reader);
    for (const text of this.#since(lastId) ?? [this.#snapshot()]) reader.give(text);
    return reader;
  }

  /** What came after that id; undefined when it cannot be told without a hole. */
  #since(lastId: string | undefined): string[] | undefined {
    const [run, number] = (lastId ?? '').split('.');
    const seen = Number(number);
    const oldest = this.#kept[0]?.number ?? this.#number + 1;
    if (run !== this.#options.run || !Number.isSafeInteger(seen) || seen > this.#number || seen < oldest - 1) return undefined;
    return this.#kept.filter((one) => one.number > seen).map(({ text }) => text);
  }

  #snapshot(): string {
    return this.#encode('snapshot', this.#options.snapshot(), this.#number);
  }

  #encode(event: string, data: unknown, number: number): string {
    return encodeEvent({ id: `${this.#options.run}.${number}`, event, data: JSON.stringify(data) });
  }

  #forget(reader: Reader, droppedBytes: number | undefined): void {
    if (!this.#readers.delete(reader)) return;
    if (this.#readers.size === 0) this.#leftAtMs = this.#options.clock.monotonicMs();
    if (droppedBytes !== undefined) this.#options.onDropped?.(droppedBytes);
  }
}

/** One reader: what waits for it, bounded in bytes. */
class Reader implements AsyncIterable<string>, AsyncIterator<string> {
  readonly #mostBytes: number;
  readonly #onGone: (reader: Reader, droppedBytes: number | undefined) => void;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #isEnded = false;
  #next: ((result: IteratorResult<string, undefined>) => void) | undefined;

  constructor(mostBytes: number, onGone: (reader: Reader, droppedBytes: number | undefined) => void) {
    this.#mostBytes = mostBytes;
    this.#onGone = onGone;
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return this;
  }

  give(text: string): void {
    if (this.#isEnded) return;
    if (this.#next) {
      this.#next({ value: text, done: false });
      this.#next = undefined;
      return;
    }
    this.#waiting.push(text);
    this.#waitingBytes += text.length;
    // The first piece alone may be larger: a snapshot is as long as it is.
    if (this.#waitingBytes > this.#mostBytes && this.#waiting.length > 1) this.#drop();
  }

  /** What waits is still handed out, then the stream ends. */
  end(): void {
    this.#isEnded = true;
    this.#onGone(this, undefined);
    this.#next?.({ value: undefined, done: true });
    this.#next = undefined;
  }

  next(): Promise<IteratorResult<string, undefined>> {
    const text = this.#waiting.shift();
    if (text !== undefined) {
      this.#waitingBytes -= text.length;
      return Promise.resolve({ value: text, done: false });
    }
    if (this.#isEnded) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => {
      this.#next = resolve;
    });
  }

  return(): Promise<IteratorResult<string, undefined>> {
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  #drop(): void {
    const bytes = this.#waitingBytes;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#isEnded = true;
    this.#onGone(this, bytes);
  }
}
