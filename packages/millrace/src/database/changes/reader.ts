import type { Clock } from '../../kernel/index.ts';
import { Histogram } from '../../telemetry/index.ts';
import { type Asking, endOfLog, snapshotOf } from './asking.ts';
import { Evidence } from './evidence.ts';
import type { CommittedTransaction } from './pgoutput/index.ts';
import { Positions } from './positions.ts';
import type { ChangeSource, SourceListener } from './source.ts';
import { VisibilityGuard } from './visibility.ts';

/** From the decoding of a transaction until it was applied the second time in every tier here and announced to the others, microseconds; and figures beside it. */
export class ReaderFigures {
  readonly lag: Histogram = new Histogram();
  transactions = 0;
  late = 0;
}

export interface LogReaderPorts<Change> {
  readonly clock: Clock;
  /** Asks on an ordinary connection to the same server. */
  readonly ask: Asking;
  readonly figures: ReaderFigures;
  open(listener: SourceListener): Promise<ChangeSource>;
  changesOf(transaction: CommittedTransaction): readonly Change[];
  /** Never rejects. */
  apply(changes: readonly Change[]): Promise<void>;
  /** More is applied, or more is proved, than before. */
  onProgress(): void;
}

/** One life of a source: each transaction is applied as it is decoded and again when it is visible, and it is known how far that has come. */
export class LogReader<Change> {
  readonly id: string;
  readonly #ports: LogReaderPorts<Change>;
  readonly #positions: Positions = new Positions();
  readonly #guard: VisibilityGuard<Change>;
  readonly #evidence: Evidence;
  readonly #closing: AbortController = new AbortController();
  #source: ChangeSource | undefined;
  #from = 0n;

  constructor(id: string, ports: LogReaderPorts<Change>) {
    this.id = id;
    this.#ports = ports;
    const { clock, ask, figures } = ports;
    const apply = (changes: readonly Change[]): Promise<void> => ports.apply(changes);
    this.#guard = new VisibilityGuard<Change>({ clock, snapshot: () => ask(snapshotOf), onLate: () => figures.late++, apply });
    this.#evidence = new Evidence({ clock, positions: this.#positions, endOfLog: () => ask(endOfLog), nudge: () => this.nudge() });
  }

  /** Every commit from this place on is heard of. */
  get from(): bigint {
    return this.#from;
  }

  /** Every commit below it is applied. */
  get position(): bigint {
    return this.#positions.reached;
  }

  /** So long ago everything that was committed then is applied, ms; Infinity while that is not known of any moment. */
  get ageMs(): number {
    return this.#ports.clock.monotonicMs() - (this.#evidence.sinceMs ?? Number.NEGATIVE_INFINITY);
  }

  nudge(): void {
    this.#source?.nudge();
  }

  async open(): Promise<void> {
    this.#source = await this.#ports.open({ onCommit: (transaction) => this.#committed(transaction), onPosition: () => this.#advance() });
    if (this.#closing.signal.aborted) {
      await this.close();
      return;
    }
    this.#from = await this.#source.open();
    this.#advance();
  }

  /** Rejects when something ended it; resolves after `close`. */
  async run(): Promise<void> {
    if (!this.#source) return;
    const ended = this.#source.ended().then((cause) => {
      if (!this.#closing.signal.aborted) throw cause ?? new Error('The server ended the change stream');
    });
    await Promise.race([ended, this.#guard.run(), this.#evidence.run(this.#closing.signal)]);
  }

  /** Nothing it says counts from here on: what it has passed stays as it was. */
  fail(): void {
    this.#closing.abort();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#guard.stop();
    await this.#source?.close();
  }

  #committed(transaction: CommittedTransaction): void {
    const { clock, figures, changesOf } = this.#ports;
    const changes = changesOf(transaction);
    if (changes.length === 0) return;
    figures.transactions++;
    const decodedMs = clock.monotonicMs();
    const done = this.#positions.begin(transaction.endLsn);
    const applied = (): void => {
      figures.lag.record((clock.monotonicMs() - decodedMs) * 1000);
      done();
      this.#advance();
    };
    this.#guard.committed(transaction.xid, changes, (second) => void second.then(applied));
  }

  #advance(): void {
    if (!this.#source || this.#closing.signal.aborted) return;
    const isFurther = this.#positions.advance(this.#source.position);
    if (this.#evidence.look() || isFurther) this.#ports.onProgress();
  }
}
