import { type Clock, everyMs, type HealthCheck, type HealthReport, isMillraceError, messageOf } from '../../kernel/index.ts';
import { createRedactor, type Redactor, toPlain } from '../../telemetry/index.ts';
import type { DependencyState, HealthDetail, HealthWord, Liveness, Readiness } from '../api/schema.ts';

/**
 * Three questions that must not be mixed. *Live*: can the process answer at all? It depends on nothing, since a restart heals no dependency. *Ready*: does this
 * instance want requests now? Only its own phase, and what its own parts hold it back for. *Detail*: how is everything it depends on?
 */
export interface HealthOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** Longest time of one check; past it the dependency counts as down. */
  readonly limitMs: number;
  readonly checks: () => Iterable<HealthCheck>;
  readonly redactor?: Redactor | undefined;
  readonly onChange?: ((state: DependencyState) => void) | undefined;
}

const mostChecks = 100;
const mostHolds = 100;
const words: readonly HealthWord[] = ['up', 'degraded', 'down'];

export class HealthRegistry {
  readonly #options: HealthOptions;
  readonly #redactor: Redactor;
  readonly #states: Map<string, DependencyState> = new Map();
  readonly #running: Set<string> = new Set();
  readonly #holds: Map<symbol, string> = new Map();
  #phase: Readiness['phase'] = 'starting';
  #stop: (() => void) | undefined;
  #round: Promise<void> | undefined;

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#redactor = options.redactor ?? createRedactor();
  }

  /** Checks at once and then every interval. Resolves without waiting for the first round. */
  start(): void {
    if (this.#stop) return;
    this.#round = this.check();
    this.#stop = everyMs(this.#options.clock, this.#options.intervalMs, () => this.check());
  }

  /** Waits for checks that are still running: they have their own limit. */
  async stop(): Promise<void> {
    this.#stop?.();
    this.#stop = undefined;
    await this.#round;
  }

  /** Where this instance is in its life; only `running` is ready. */
  set phase(phase: Readiness['phase']) {
    this.#phase = phase;
  }

  /** Not ready until the returned function is called: for this instance's own parts, never for a dependency. */
  hold(reason: string): () => void {
    const key = Symbol(reason);
    if (this.#holds.size < mostHolds) this.#holds.set(key, this.#redactor.text(reason).slice(0, 200));
    return () => void this.#holds.delete(key);
  }

  live(): Liveness {
    return { state: 'up' };
  }

  ready(): Readiness {
    const reasons = [...(this.#phase === 'running' ? [] : [`The instance is ${this.#phase}`]), ...this.#holds.values()];
    return { ready: reasons.length === 0, phase: this.#phase, reasons };
  }

  detail(): HealthDetail {
    const dependencies = [...this.#states.values()];
    const worst = dependencies.reduce((index, { state }) => Math.max(index, words.indexOf(state as HealthWord)), 0);
    return { state: words[worst] as HealthWord, readiness: this.ready(), atMs: this.#options.clock.wallMs(), dependencies };
  }

  /** One round over all checks, side by side; one that still runs is not started again. Never rejects. */
  async check(): Promise<void> {
    const checks = [...this.#options.checks()].slice(0, mostChecks);
    const names = new Set(checks.map(({ name }) => name));
    for (const name of this.#states.keys()) if (!names.has(name)) this.#states.delete(name);
    await Promise.all(checks.map((check) => this.#checkOne(check)));
  }

  async #checkOne(check: HealthCheck): Promise<void> {
    const { clock, limitMs } = this.#options;
    if (this.#running.has(check.name)) return;
    if (!this.#states.has(check.name)) this.#states.set(check.name, unknownState(check.name, clock.wallMs()));
    this.#running.add(check.name);
    const startedMs = clock.monotonicMs();
    try {
      const report = await withinLimit(check, clock, limitMs);
      this.#note(check.name, report, this.#reasonOf(report), clock.monotonicMs() - startedMs);
    } catch (error) {
      this.#note(check.name, { state: 'down' }, this.#wordsOf(error), clock.monotonicMs() - startedMs);
    } finally {
      this.#running.delete(check.name);
    }
  }

  #note(name: string, { state, detail = {} }: HealthReport, reason: string | null, tookMs: number): void {
    const before = this.#states.get(name);
    if (!before) return;
    const atMs = this.#options.clock.wallMs();
    const changed = before.state !== state;
    const next: DependencyState = {
      name,
      state,
      sinceMs: changed ? atMs : before.sinceMs,
      checkedAtMs: atMs,
      tookMs: Number(tookMs.toPrecision(4)),
      failures: state === 'up' ? 0 : before.failures + 1,
      reason,
      detail: toPlain(detail, this.#redactor) as Readonly<Record<string, unknown>>,
    };
    this.#states.set(name, next);
    if (changed) this.#options.onChange?.(next);
  }

  #reasonOf({ state, detail }: HealthReport): string | null {
    const reason = detail?.['reason'];
    return state === 'up' || typeof reason !== 'string' ? null : this.#redactor.text(reason).slice(0, 500);
  }

  #wordsOf(error: unknown): string {
    const code = isMillraceError(error) ? `${error.code}: ` : '';
    return this.#redactor.text(`${code}${messageOf(error)}`).slice(0, 500);
  }
}

const unknownState = (name: string, atMs: number): DependencyState => ({
  name,
  state: 'unknown',
  sinceMs: atMs,
  checkedAtMs: null,
  tookMs: null,
  failures: 0,
  reason: null,
  detail: {},
});

/** A check that hears the signal and stays all the same is not waited for. */
function withinLimit(check: HealthCheck, clock: Clock, limitMs: number): Promise<HealthReport> {
  const cut = new AbortController();
  return new Promise<HealthReport>((resolve, reject) => {
    const cancel = clock.after(limitMs, () => {
      const error = new Error(`No answer within ${limitMs} ms`);
      reject(error);
      cut.abort(error);
    });
    new Promise<HealthReport>((settle) => settle(check.check(cut.signal))).then(resolve, reject).finally(cancel);
  });
}
