import { type Clock, sleep } from '../../kernel/index.ts';
import { ChangesCrowdedError } from './errors.ts';
import { fullXid } from './pgoutput/index.ts';
import { isVisibleIn, type Snapshot } from './snapshot.ts';

/*
 * A commit stands in the log, and is decoded, before it is visible to other sessions. Who loads in between reads the old row, and if the load begins after the
 * invalidation nothing would ever drop it again. Therefore each transaction is applied twice: at once, so that memory is behind as short as can be, and once
 * more when a snapshot of an ordinary connection sees it. From that moment every load reads the new row, and every load that began before is outdated by the
 * second application (a cache never keeps what was read before an invalidation).
 */

export interface VisibilityPorts<Change> {
  readonly clock: Clock;
  /** A snapshot taken now, on an ordinary connection to the primary. */
  snapshot(): Promise<Snapshot>;
  /** Drops what these changes make outdated; called twice for each transaction. Never rejects. */
  apply(changes: readonly Change[]): Promise<void> | void;
  /** A transaction was found to be decoded before it was visible. */
  onLate(): void;
}

interface Waiting<Change> {
  readonly xid: number;
  readonly changes: readonly Change[];
  /** Told the second application, when it has begun. */
  readonly onVisible: (applied: Promise<void>) => void;
  isLate: boolean;
}

const firstPauseMs = 1;
const longestPauseMs = 50;
/** Transactions remembered until they are visible. Usually there are none. */
const mostWaiting = 5000;

export class VisibilityGuard<Change> {
  readonly #ports: VisibilityPorts<Change>;
  #waiting: Waiting<Change>[] = [];
  #wake: (() => void) | undefined;
  #isStopped = false;

  constructor(ports: VisibilityPorts<Change>) {
    this.#ports = ports;
  }

  /** Transactions that are not known to be visible yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * A transaction was decoded: `xid` is the 32 bits of the stream. Throws MILLRACE_CHANGES_CROWDED when too many wait for their visibility: then the stream is
   * begun anew, which drops everything.
   */
  committed(xid: number, changes: readonly Change[], onVisible: (applied: Promise<void>) => void = () => {}): void {
    void this.#ports.apply(changes);
    if (this.#waiting.length >= mostWaiting) throw new ChangesCrowdedError(mostWaiting);
    this.#waiting.push({ xid, changes, onVisible, isLate: false });
    this.#wake?.();
  }

  /** Applies the second time, until `stop`. Rejects when no snapshot can be had: then nothing is known any more, and the stream must be begun anew. */
  async run(): Promise<void> {
    let pauseMs = firstPauseMs;
    while (!this.#isStopped) {
      if (this.#waiting.length === 0) await this.#work();
      if (this.#isStopped) return;
      const isProgress = this.#applyVisible(await this.#ports.snapshot());
      pauseMs = isProgress ? firstPauseMs : Math.min(longestPauseMs, pauseMs * 2);
      if (this.#waiting.length > 0) await sleep(this.#ports.clock, pauseMs);
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
  }

  #work(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  /** Says whether something was visible. */
  #applyVisible(snapshot: Snapshot): boolean {
    const isVisible = ({ xid }: Waiting<Change>): boolean => isVisibleIn(snapshot, fullXid(xid, snapshot.xmax));
    const visible = this.#waiting.filter(isVisible);
    this.#waiting = this.#waiting.filter((one) => !isVisible(one));
    for (const one of this.#waiting) this.#noteLate(one);
    const changes = visible.flatMap((one) => one.changes);
    const applied = Promise.resolve(changes.length > 0 ? this.#ports.apply(changes) : undefined);
    for (const one of visible) one.onVisible(applied);
    return visible.length > 0;
  }

  #noteLate(one: Waiting<Change>): void {
    if (!one.isLate) this.#ports.onLate();
    one.isLate = true;
  }
}
