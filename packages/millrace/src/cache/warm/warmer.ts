import { type CallContext, ConfigError, Cron, CronProblem, rootContext } from '../../kernel/index.ts';
import type { Engine } from '../engine.ts';
import { defaultSchedule } from '../options.ts';

/** Counts since the start. */
export interface WarmingStats {
  readonly rounds: number;
  /** Rounds that were left out: memory was not trusted, or the database was being spared. */
  readonly skippedRounds: number;
  /** Ids that were loaded, or found fresh in a tier below, before their time was over. */
  readonly refreshed: number;
  readonly failed: number;
  /** Of the last round; undefined before the first. */
  readonly lastMs: number | undefined;
}

/** What came of some ids. */
export interface Warmed {
  readonly refreshed: number;
  readonly failed: number;
}

/** One that keeps its most used ids fresh. */
export interface Warmable {
  readonly name: string;
  /** The most used ids and the essential ones, in batches, those that are fresh for `forMs` left out; halves the counts. Never rejects. */
  dueBatches(forMs: number): Promise<readonly (readonly unknown[])[]>;
  /** Never rejects. */
  renew(batch: readonly unknown[], forMs: number, context: CallContext): Promise<Warmed>;
}

/** Timers do not go farther than 24 days, and wall clocks are set: it is looked again after so long. */
const longestWaitMs = 3_600_000;
/** What ends within the time to the next round, and a fifth, is due: the next round is not there at once. */
const ahead = 1.2;

export class Warmer {
  readonly #engine: Engine;
  readonly #cron: Cron | undefined;
  readonly #concurrency: number;
  readonly #all: () => readonly Warmable[];
  readonly #counts = { rounds: 0, skippedRounds: 0, refreshed: 0, failed: 0 };
  #lastMs: number | undefined;
  #cancel = (): void => {};
  #running: Promise<void> | undefined;

  /** @throws MILLRACE_CONFIG for a schedule that cannot be read */
  constructor(engine: Engine, { schedule, concurrency }: { readonly schedule: string; readonly concurrency: number }, all: () => readonly Warmable[]) {
    this.#engine = engine;
    this.#cron = cronOf(schedule);
    this.#concurrency = concurrency;
    this.#all = all;
  }

  start(): void {
    this.#cancel();
    if (this.#cron) this.#plan(this.#cron);
  }

  stop(): void {
    this.#cancel();
  }

  stats(): WarmingStats {
    return { ...this.#counts, lastMs: this.#lastMs };
  }

  #plan(cron: Cron): void {
    const { clock } = this.#engine.system;
    const nowMs = clock.wallMs();
    const dueMs = cron.after(nowMs);
    if (dueMs === undefined) return;
    const waitMs = Math.min(dueMs - nowMs, longestWaitMs);
    this.#cancel = clock.background(waitMs, () => {
      if (clock.wallMs() >= dueMs) this.#begin(cron, dueMs);
      this.#plan(cron);
    });
  }

  /** A round that is still going on is not joined by another. */
  #begin(cron: Cron, dueMs: number): void {
    if (this.#running || this.#engine.isStopped) return;
    if (!this.#mayLoad) {
      this.#counts.skippedRounds++;
      return;
    }
    const forMs = ((cron.after(dueMs) ?? dueMs) - dueMs) * ahead;
    this.#running = this.#round(forMs).finally(() => {
      this.#running = undefined;
    });
    this.#engine.track(this.#running);
  }

  /** Not while what is held is in doubt: then the database is spared for what somebody waits for. */
  get #mayLoad(): boolean {
    return this.#engine.isTrusted && !this.#engine.cold.isCold && !this.#engine.isStopped;
  }

  async #round(forMs: number): Promise<void> {
    const { clock } = this.#engine.system;
    const sinceMs = clock.monotonicMs();
    const context = this.#engine.behind(rootContext(this.#engine.system, 'cache.warm', { priority: 'low' }));
    const found = await Promise.all(this.#all().map(async (one) => (await one.dueBatches(forMs)).map((batch) => ({ one, batch }))));
    const due = found.flat();
    const counts = { refreshed: 0, failed: 0 };
    const work = async (): Promise<void> => {
      for (let next = due.shift(); next && this.#mayLoad; next = due.shift()) {
        const { refreshed, failed } = await next.one.renew(next.batch, forMs, context);
        counts.refreshed += refreshed;
        counts.failed += failed;
      }
    };
    await Promise.all(Array.from({ length: this.#concurrency }, work));
    this.#counts.rounds++;
    this.#counts.refreshed += counts.refreshed;
    this.#counts.failed += counts.failed;
    this.#lastMs = clock.monotonicMs() - sinceMs;
    const tookMs = this.#lastMs;
    this.#engine.events.emit('cache.warmed', () => ({ ...counts, tookMs }));
  }
}

function cronOf(schedule: string): Cron | undefined {
  if (schedule === 'off') return undefined;
  try {
    return new Cron(schedule);
  } catch (error) {
    if (!(error instanceof CronProblem)) throw error;
    throw new ConfigError([
      {
        setting: 'cache.warming.schedule',
        found: `${JSON.stringify(schedule)}: ${error.message}`,
        allowed: `five or six fields of cron, as ${defaultSchedule}, or off`,
      },
    ]);
  }
}
