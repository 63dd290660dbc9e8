import { VisibilityGuard, type VisibilityPorts } from '../../database/index.ts';
import { everyMs, type Random, sleep } from '../../kernel/index.ts';
import type { WorldConnection } from './world-connection.ts';
import type { WorldLink, WorldNetwork } from './world-network.ts';
import type { WorldProcess } from './world-process.ts';
import type { WorldChange, WorldCommit, WorldRow, WorldSnapshot, WorldStore } from './world-store.ts';
import { sees } from './world-store.ts';

/** Rows that have changed, or, without rows, all of them. */
export interface WorldChangedRows {
  readonly table: string;
  readonly rows?: readonly WorldRow[] | undefined;
}

export interface WorldFeedPorts {
  readonly process: WorldProcess;
  readonly network: WorldNetwork;
  readonly random: Random;
  readonly store: WorldStore;
  /** An ordinary connection to the store. */
  readonly database: WorldConnection;
  readonly table: string;
  /** Is this key a row of the table? */
  readonly isRow: (key: string) => boolean;
  /** Drops what this makes outdated. A rejection ends the life of the stream. */
  apply(change: WorldChangedRows): Promise<unknown>;
  /** Everything that was committed before has been told: said until when that may be relied on, monotonic ms. */
  vouch(untilMs: number): void;
}

const heartbeatMs = 1000;
const longestSilenceMs = 5000;
const againMs = { shortest: 50, longest: 500 };
const pollMs = 3;

/** The log of the store as one connection brings it, with a heartbeat of its own. */
export class WorldStream {
  readonly link: WorldLink;
  /** Nothing comes any more, and nobody says so. */
  isSilent = false;
  hasEnded = false;
  readonly ended: Promise<void>;
  readonly #ports: WorldFeedPorts;
  readonly #onBeat: (stream: WorldStream, askedMs: number) => void;
  readonly #stopBeating: () => void;
  #end = (): void => {};
  #unfollow = (): void => {};
  #heardMs: number;

  constructor(ports: WorldFeedPorts, onBeat: (stream: WorldStream, askedMs: number) => void) {
    const { process, network } = ports;
    this.#ports = ports;
    this.#onBeat = onBeat;
    this.#heardMs = process.monotonicMs();
    this.link = network.link();
    this.link.onCut(() => process.receive(this.link, () => this.close()));
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#stopBeating = everyMs(process, heartbeatMs, () => this.#beat());
  }

  /** At the server: tells every commit from now on. */
  follow(store: WorldStore, hear: (commit: WorldCommit) => void): void {
    this.#unfollow = store.follow((commit) => this.#arrive(() => hear(commit)));
  }

  /** Runs `task` in the process behind everything that the server has told by now; never, when the stream does not bring it. */
  echo(task: () => void): void {
    this.#ports.database.ask(() => this.#arrive(task)).catch(() => {});
  }

  close(): void {
    this.hasEnded = true;
    this.#unfollow();
    this.#stopBeating();
    this.#end();
  }

  #arrive(task: () => void): void {
    if (this.isSilent) return;
    const { process } = this.#ports;
    this.link.send(() =>
      process.receive(this.link, () => {
        if (this.hasEnded) return;
        this.#heardMs = process.monotonicMs();
        task();
      }),
    );
  }

  #beat(): void {
    const nowMs = this.#ports.process.monotonicMs();
    if (nowMs - this.#heardMs > longestSilenceMs) this.close();
    else this.echo(() => this.#onBeat(this, nowMs));
  }
}

/**
 * Follows the log of a world's store, as the feed of changes follows PostgreSQL's: listen first, wait for the transactions that run, then drop everything once;
 * afterwards each commit is applied when it is decoded and again when it is visible (the real `VisibilityGuard`). A lost connection and silence end a life, and
 * the next one begins the same way; a planned change of the stream overlaps, and drops nothing.
 */
export class WorldFeed {
  readonly ports: WorldFeedPorts;
  lives = 0;
  handOvers = 0;
  late = 0;
  protected guard: VisibilityGuard<WorldChangedRows> | undefined;
  protected stream: WorldStream | undefined;
  readonly #applying: Set<Promise<unknown>> = new Set();
  #isStopped = false;

  constructor(ports: WorldFeedPorts) {
    this.ports = ports;
  }

  start(): void {
    this.ports.vouch(0);
    void this.#lives();
  }

  stop(): void {
    this.#isStopped = true;
    this.stream?.close();
  }

  /** The connection is lost. */
  crash(): void {
    this.stream?.link.cut();
  }

  /** Nothing comes any more, and nobody says so. */
  silence(): void {
    if (this.stream) this.stream.isSilent = true;
  }

  /** What is told comes so much later, until the function that is returned is called, ms. */
  delay(ms: number): () => void {
    const link = this.stream?.link;
    if (link) link.lagMs = ms;
    return () => {
      if (link) link.lagMs = 0;
    };
  }

  /** A planned change of the stream: the new one listens before the old one stops. */
  async handOver(): Promise<void> {
    const [old, guard] = [this.stream, this.guard];
    if (!old || !guard || old.hasEnded) return;
    const next = await this.open(guard);
    if (!(await this.#isComplete(old)) || this.#isStopped) {
      next.close();
      return old.close();
    }
    this.stream = next;
    this.handOvers++;
    old.close();
  }

  /** The rows that a change concerns, old and new. */
  protected rowsOf({ before, after }: WorldChange): readonly WorldRow[] {
    return [before, after];
  }

  /** A life's guard. */
  protected makeGuard(): VisibilityGuard<WorldChangedRows> {
    return new VisibilityGuard(this.guardPorts());
  }

  protected guardPorts(): VisibilityPorts<WorldChangedRows> {
    const { process, database, store } = this.ports;
    const snapshot = (): Promise<WorldSnapshot> => database.ask(() => store.snapshot());
    return { clock: process, snapshot, apply: (changes) => this.#applyAll(changes), onLate: () => this.late++ };
  }

  /** What a life begins with. */
  protected async begin(guard: VisibilityGuard<WorldChangedRows>): Promise<WorldStream> {
    const stream = await this.open(guard);
    await this.ports.apply({ table: this.ports.table });
    return stream;
  }

  #applyAll(changes: readonly WorldChangedRows[]): void {
    for (const change of changes) {
      const applied: Promise<unknown> = this.ports
        .apply(change)
        .catch(() => this.crash())
        .finally(() => this.#applying.delete(applied));
      this.#applying.add(applied);
    }
  }

  /** Listens; resolves when every transaction that was not visible before is going to be heard. */
  protected async open(guard: VisibilityGuard<WorldChangedRows>): Promise<WorldStream> {
    const { store, database } = this.ports;
    const stream = new WorldStream(this.ports, (beaten, askedMs) => void this.#beaten(beaten, askedMs));
    await database.ask(() => stream.follow(store, (commit) => this.#heard(commit, guard)));
    await this.#untilRunningAreVisible();
    return stream;
  }

  /** Has a stream brought all that was committed until now? What is silent has not. */
  #isComplete(stream: WorldStream): Promise<boolean> {
    const { process } = this.ports;
    return new Promise((resolve) => {
      process.after(heartbeatMs, () => resolve(false));
      stream.echo(() => resolve(true));
    });
  }

  /** The server's answer comes behind everything it had to tell before. Once that has been dropped in every tier, what is known is complete up to the question. */
  async #beaten(stream: WorldStream, askedMs: number): Promise<void> {
    await Promise.all(this.#applying);
    if (this.stream === stream && !stream.hasEnded) this.ports.vouch(askedMs + longestSilenceMs);
  }

  async #lives(): Promise<void> {
    const { process, random } = this.ports;
    while (!this.#isStopped) {
      await this.#life().catch(() => {});
      if (!this.#isStopped) await sleep(process, againMs.shortest + random.next() * (againMs.longest - againMs.shortest));
    }
  }

  async #life(): Promise<void> {
    const guard = this.makeGuard();
    this.guard = guard;
    try {
      const startedMs = this.ports.process.monotonicMs();
      this.stream = await this.begin(guard);
      this.ports.vouch(startedMs + longestSilenceMs);
      this.lives++;
      await Promise.race([this.#untilStreamsEnd(), guard.run()]);
    } finally {
      guard.stop();
      this.stream?.close();
    }
  }

  /** A stream that was replaced by the next one has not ended the life. */
  async #untilStreamsEnd(): Promise<void> {
    for (let stream = this.stream; ; stream = this.stream) {
      await stream?.ended;
      if (stream === this.stream) return;
    }
  }

  async #untilRunningAreVisible(): Promise<void> {
    const { process, database, store } = this.ports;
    const first = await database.ask(() => store.snapshot());
    const isVisible = (now: WorldSnapshot): boolean => [...first.running].every((xid) => sees(now, xid));
    for (let now = first; !isVisible(now); now = await database.ask(() => store.snapshot())) await sleep(process, pollMs);
  }

  #heard({ xid, changes }: WorldCommit, guard: VisibilityGuard<WorldChangedRows>): void {
    const rows = changes.filter(({ key }) => this.ports.isRow(key)).flatMap((change) => this.rowsOf(change));
    if (rows.length > 0) guard.committed(Number(xid), [{ table: this.ports.table, rows }]);
  }
}
