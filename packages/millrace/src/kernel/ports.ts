import type { Clock } from './clock.ts';

/** Where things that happened off the hot path are told. One branch when nobody listens. */
export interface EventSink<Events> {
  /** `build` runs only when somebody listens; a listener cannot throw into the caller. */
  emit<Name extends keyof Events & string>(name: Name, build: () => Events[Name]): void;
}

/** A sink nobody listens to. */
export const silent: EventSink<never> & { emit(): void } = { emit(): void {} };

/** Chance as an argument, so that a run can be repeated. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
}

/** Identifiers as an argument. */
export interface Ids {
  /** A new correlation id (UUID version 7 in the system's own implementation, so that ids sort by time). */
  next(): string;
  /** `bytes` random bytes in lower-case hexadecimal, never all zero: W3C trace ids (16) and span ids (8). */
  hex(bytes: number): string;
}

/** Time, chance and identifiers: what a part needs from the outside world besides its own dependencies. */
export interface System {
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
}

export type HealthState = 'up' | 'degraded' | 'down';

/** What one check found. `detail` holds figures and words for people; no secrets. */
export interface HealthReport {
  readonly state: HealthState;
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
}

/** A dependency or a part that can say how it is. */
export interface HealthCheck {
  readonly name: string;
  /** Settles by itself when `signal` aborts; a rejection counts as down. */
  check(signal: AbortSignal): Promise<HealthReport>;
}

export type Labels = Readonly<Record<string, string>>;

/** A histogram as its readers need it: counts at or below a bound, in the unit it was recorded in. */
export interface HistogramReading {
  readonly count: number;
  readonly sum: number;
  /** How many recorded values are ≤ `bound` (within the histogram's own error). */
  countAtOrBelow(bound: number): number;
  /** The value at quantile `q` (0 to 1); NaN when nothing was recorded. */
  quantile(q: number): number;
}

/** Receives figures while they are pulled. Names are Prometheus names without the prefix. */
export interface StatSink {
  counter(name: string, help: string, value: number, labels?: Labels): void;
  gauge(name: string, help: string, value: number, labels?: Labels): void;
  /** `reading` is in seconds unless the name says otherwise; `bounds` are the exposed bucket bounds, ascending. */
  histogram(name: string, help: string, reading: HistogramReading, bounds: readonly number[], labels?: Labels): void;
}

/** A part with figures. They are plain fields on the hot path and are *pulled* here, at scrape. */
export interface StatSource {
  readonly name: string;
  collect(sink: StatSink): void;
}

/** Runs something again and again (the job engine implements it across processes, a clock within one). */
export interface Schedule {
  /** Runs `task` every `intervalMs` until the returned function is called. A run that is still busy is not started twice. */
  every(name: string, intervalMs: number, task: () => Promise<void>): () => void;
}

/** The seams a request waits at, in the order they are drawn. */
export type Seam = 'queue' | 'cache' | 'database' | 'external' | 'own';

export type StepOutcome = 'ok' | 'hit' | 'stale' | 'miss' | 'error' | 'cancelled';

/** Notes where one request's time goes. Absent on calls nobody watches. */
export interface Recorder {
  /** Opens a step below `parent` (a number given by `begin`, or -1) and returns its number. */
  begin(seam: Seam, name: string, parent: number): number;
  /** Closes it. `note` is short and holds no parameter values. */
  end(step: number, outcome: StepOutcome, note?: string): void;
}
