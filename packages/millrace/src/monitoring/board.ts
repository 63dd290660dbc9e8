import type { System } from '../kernel/index.ts';
import type { AlertBook } from './alerts/index.ts';
import type { LimitReading, Metrics, RangeName, Report, RequestSample, RequestSummary, ResilienceStats, Snapshot } from './api/schema.ts';
import { cacheStatsOf, cacheSummaryOf, databaseStatsOf, databaseSummaryOf, endpointsOf, overallOf, processOf, windowOf } from './figures/index.ts';
import type { HealthRegistry } from './health/index.ts';
import { limitValues, type Readings, readSources, systemSlice } from './look.ts';
import { makeReport } from './report/index.ts';
import type { MonitoringSources } from './sources.ts';
import type { ThresholdBook } from './thresholds/index.ts';
import { ranges, WindowStore } from './windows/index.ts';

export interface BoardParts {
  readonly system: System;
  readonly service: string;
  readonly sources: MonitoringSources;
  readonly thresholds: ThresholdBook;
  readonly health: HealthRegistry;
  readonly memoryBytes: number;
}

/** Everything there is to know, asked for by those who answer requests. It looks at the sources once a second; all else is made when somebody asks. */
export class Board {
  readonly store: WindowStore;
  readonly #parts: BoardParts;
  readonly #startedMs: number;
  readonly #startedAtMs: number;
  #readings: Readings;
  #limits: readonly LimitReading[];

  constructor(parts: BoardParts) {
    const { system, sources, memoryBytes, thresholds } = parts;
    this.#parts = parts;
    this.#startedMs = system.clock.monotonicMs();
    this.#startedAtMs = system.clock.wallMs();
    this.store = new WindowStore(system, sources.requests, memoryBytes);
    this.#readings = readSources(sources);
    this.#limits = thresholds.readings(limitValues(this.#minute(), this.#systemMinute(), this.#systemSecond()));
  }

  get readings(): Readings {
    return this.#readings;
  }

  get limits(): readonly LimitReading[] {
    return this.#limits;
  }

  /** Closes a second. */
  look(alerts: AlertBook): void {
    const { sources, thresholds } = this.#parts;
    const now = readSources(sources);
    this.store.look(systemSlice(this.#readings, now, sources.process.read()));
    this.#readings = now;
    this.#limits = thresholds.readings(limitValues(this.#minute(), this.#systemMinute(), this.#systemSecond()));
    alerts.look(this.#limits, (threshold) => {
      const endpoints = endpointsOf(this.store, sources.requests, ranges['1m']);
      if (threshold === 'responseTimeMs') return endpoints[0]?.id ?? null;
      if (threshold === 'errorRatePercent') return endpoints.toSorted((a, b) => b.errors - a.errors)[0]?.id ?? null;
      return null;
    });
  }

  metrics(rangeName: RangeName = '1m'): Metrics {
    const { system, service, sources } = this.#parts;
    const range = ranges[rangeName];
    const window = windowOf(this.store, range);
    const summary = this.store.systemOf(range.unitMs, ...this.store.stepsOf(range));
    return {
      atMs: system.clock.wallMs(),
      startedAtMs: this.#startedAtMs,
      service,
      window,
      overall: overallOf(this.store, range),
      inFlight: sources.requests.inFlight,
      endpoints: endpointsOf(this.store, sources.requests, range),
      process: processOf(sources.process.read()),
      cache: cacheSummaryOf(summary, this.#readings.cache),
      database: databaseSummaryOf(summary, window.seconds, this.#readings.database),
      limits: this.#limits,
    };
  }

  report(rangeName: RangeName = '15m'): Report {
    const { system, sources, thresholds } = this.#parts;
    const range = ranges[rangeName];
    return makeReport({
      atMs: system.clock.wallMs(),
      window: windowOf(this.store, range),
      endpoints: endpointsOf(this.store, sources.requests, range),
      cache: this.cacheStats(),
      database: databaseStatsOf(sources.database),
      process: processOf(sources.process.read()),
      limits: this.#limits,
      thresholds: thresholds.read(),
      sampleOf: (endpoint, reason) => {
        const samples = this.samplesOf(endpoint);
        return samples.find((sample) => sample.reason === reason) ?? (reason === 'slow' ? samples[0] : undefined);
      },
    });
  }

  cacheStats(): ReturnType<typeof cacheStatsOf> {
    const { system, sources } = this.#parts;
    return cacheStatsOf(sources.cache?.read(), (system.clock.monotonicMs() - this.#startedMs) / 1000);
  }

  databaseStats(): ReturnType<typeof databaseStatsOf> {
    return databaseStatsOf(this.#parts.sources.database);
  }

  resilience(): ResilienceStats {
    const { resilience } = this.#parts.sources;
    return resilience ? { present: true, ...resilience.read() } : { present: false, breakers: [], timeouts: [] };
  }

  snapshot(alerts: AlertBook): Snapshot {
    return { metrics: this.metrics(), alerts: alerts.open, health: this.#parts.health.detail(), resilience: this.resilience() };
  }

  samplesOf(endpoint: string): RequestSummary[] {
    return this.#parts.sources.requests.samplesOf(endpoint).map(({ id, method, route, startedAtMs, durationMs, status, reason }) => ({
      ...{ id, endpoint, method, route, startedAtMs: Math.round(startedAtMs), durationMs: fine(durationMs), status, reason },
    }));
  }

  sample(id: string): RequestSample | undefined {
    const { requests } = this.#parts.sources;
    const sample = requests.sample(id);
    if (!sample) return undefined;
    return {
      ...sample,
      startedAtMs: Math.round(sample.startedAtMs),
      durationMs: fine(sample.durationMs),
      steps: sample.steps.map((step) => ({ ...step, startMs: fine(step.startMs), durationMs: fine(step.durationMs), ownMs: fine(step.ownMs) })),
      keptUntilMs: Math.round(sample.startedAtMs + requests.options.keepSamplesMs),
    };
  }

  #minute(): ReturnType<WindowStore['merged']> {
    return this.store.merged(1_000, ...this.store.stepsOf(ranges['1m']));
  }

  #systemMinute(): ReturnType<WindowStore['systemOf']> {
    return this.store.systemOf(1_000, ...this.store.stepsOf(ranges['1m']));
  }

  #systemSecond(): ReturnType<WindowStore['systemOf']> {
    const second = this.store.newestSecond;
    return this.store.systemOf(1_000, second, second + 1);
  }
}

/** To the microsecond: sums of steps stay what they are to the eye. */
const fine = (ms: number): number => Math.round(ms * 1000) / 1000;
