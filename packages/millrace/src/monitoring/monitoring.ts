import { type Endpoint, type Lifecycle, type StatSink, type StatSource, type System, silent, system } from '../kernel/index.ts';
import { createRedactor, EventHub, type Logger, prometheusText } from '../telemetry/index.ts';
import { AlertBook, type AlertNews } from './alerts/index.ts';
import type { Alert, AlertList, HealthDetail, Metrics, RangeName, Report, Series, Snapshot, Thresholds } from './api/schema.ts';
import { Board } from './board.ts';
import { performanceRoutes, router } from './endpoint/index.ts';
import { seriesOf } from './figures/index.ts';
import { Guard } from './guard/index.ts';
import { HealthRegistry } from './health/index.ts';
import { type MonitoringOptions, type ResolvedMonitoringOptions, resolveMonitoringOptions } from './options.ts';
import type { MonitoringSources } from './sources.ts';
import { StaticFiles } from './static/index.ts';
import { EventStream } from './stream/index.ts';
import { ThresholdBook } from './thresholds/index.ts';
import { Ticks } from './ticks.ts';
import { ranges } from './windows/index.ts';

/** Where an adapter mounts what. */
export interface MonitoringMount {
  readonly prefix: string;
  readonly endpoint: Endpoint;
}

/** What tells in process, without the events of the whole layer: `monitoring.on('alert', …)`. */
export interface MonitoringNews {
  /** An alert opened, changed its severity or was resolved; its `state` and `severity` say which. */
  readonly alert: Alert;
}

/**
 * Watches the service from inside: figures of the last 24 hours, alerts, health, a report, and the `/performance` paths with their live stream and dashboard.
 * It looks at its sources once a second between `start` and `stop`; a source that fails costs that second, never the service.
 */
export interface Monitoring extends Lifecycle, StatSource {
  readonly mounts: readonly MonitoringMount[];
  /** Mounted at `/performance` and `/api/v1/performance`. */
  readonly endpoint: Endpoint;
  /** Mounted at `/metrics`. */
  readonly metricsEndpoint: Endpoint;
  readonly health: HealthRegistry;
  /** @default the last minute */
  metrics(range?: RangeName): Metrics;
  /** @default the last 15 minutes */
  series(range?: RangeName): Series;
  report(range?: RangeName): Report;
  alerts(): AlertList;
  healthDetail(): HealthDetail;
  thresholds(): Thresholds;
  /** All figures as Prometheus text. */
  prometheus(): string;
  on<Name extends keyof MonitoringNews & string>(name: Name, listener: (news: MonitoringNews[Name]) => unknown): () => void;
}

/** Puts monitoring together from its sources. @throws MILLRACE_CONFIG naming every option that is wrong. */
export const createMonitoring = (options: MonitoringOptions | undefined, sources: MonitoringSources, on: System = system): Monitoring =>
  new MonitoringRoom(resolveMonitoringOptions(options), sources, on);

class MonitoringRoom implements Monitoring {
  readonly name = 'monitoring';
  readonly endpoint: Endpoint;
  readonly metricsEndpoint: Endpoint;
  readonly mounts: readonly MonitoringMount[];
  readonly health: HealthRegistry;
  readonly #options: ResolvedMonitoringOptions;
  readonly #sources: MonitoringSources;
  readonly #system: System;
  readonly #news: EventHub<MonitoringNews>;
  readonly #thresholds: ThresholdBook;
  readonly #alerts: AlertBook;
  readonly #board: Board;
  readonly #ticks: Ticks;
  readonly #stream: EventStream;
  #cancel: (() => void) | undefined;

  constructor(options: ResolvedMonitoringOptions, sources: MonitoringSources, on: System) {
    const { clock } = on;
    const { requests } = sources;
    const events = sources.events ?? silent;
    const redactor = options.redactor ?? createRedactor(options.apiKeys);
    this.#options = options;
    this.#sources = sources;
    this.#system = on;
    this.#news = new EventHub((name, error) => events.emit('monitoring.look.failed', () => ({ part: `listener of ${name}`, error })));
    this.#thresholds = new ThresholdBook(options.thresholds ?? {}, options.slowStatementMs, () => requests.slowMs);
    this.#alerts = new AlertBook(on, this.#thresholds, (news, alert) => this.#tell(news, alert));
    this.health = new HealthRegistry({
      clock,
      redactor,
      intervalMs: options.healthCheckIntervalMs,
      limitMs: options.healthCheckLimitMs,
      checks: sources.checks ?? (() => []),
      onChange: (state) => events.emit('monitoring.dependency.changed', () => state),
    });
    const { service, memoryBytes } = options;
    this.#board = new Board({ system: on, service, sources, thresholds: this.#thresholds, health: this.health, memoryBytes });
    this.#ticks = new Ticks(this.#board);
    this.#stream = new EventStream({
      clock,
      run: on.ids.hex(8),
      mostReaders: options.streams,
      mostWaitingBytes: options.streamBufferBytes,
      snapshot: () => this.#snapshot(),
      onDropped: (waitingBytes) => events.emit('monitoring.stream.dropped', () => ({ waitingBytes })),
    });
    const guard = new Guard({ host: options.host, apiKeys: options.apiKeys ?? [], allowedHosts: options.allowedHosts ?? [] });
    const onFailure = (error: unknown): void => this.#failed('endpoint', error);
    const routes = performanceRoutes({
      ...{ board: this.#board, requests, alerts: this.#alerts, thresholds: this.#thresholds, health: this.health, stream: this.#stream },
      files: new StaticFiles(options.dashboardDirectory),
      prometheus: () => this.prometheus(),
      onThresholds: (thresholds) => this.#applySlow(thresholds),
    });
    this.endpoint = router({ routes, guard, redactor, onFailure });
    const text = routes.filter(({ path }) => path === 'metrics/text').map((route) => ({ ...route, path: '' }));
    this.metricsEndpoint = router({ routes: text, guard, redactor, onFailure });
    this.mounts = [
      { prefix: '/performance', endpoint: this.endpoint },
      { prefix: '/api/v1/performance', endpoint: this.endpoint },
      { prefix: '/metrics', endpoint: this.metricsEndpoint },
    ];
    if (options.thresholds?.responseTimeMs !== undefined) this.#applySlow(this.#thresholds.read());
  }

  async start(): Promise<void> {
    if (this.#cancel) return;
    this.health.start();
    this.#stream.start();
    this.#plan();
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#stream.stop();
    await this.health.stop();
  }

  metrics(range?: RangeName): Metrics {
    return this.#board.metrics(range);
  }

  series(range: RangeName = '15m'): Series {
    return seriesOf(this.#board.store, ranges[range]);
  }

  report(range?: RangeName): Report {
    return this.#board.report(range);
  }

  alerts(): AlertList {
    return this.#alerts.list();
  }

  healthDetail(): HealthDetail {
    return this.health.detail();
  }

  thresholds(): Thresholds {
    return this.#thresholds.read();
  }

  prometheus(): string {
    return prometheusText(this.#sources.stats?.() ?? [this.#sources.requests, this], this.#options.metricsPrefix);
  }

  on<Name extends keyof MonitoringNews & string>(name: Name, listener: (news: MonitoringNews[Name]) => unknown): () => void {
    return this.#news.on(name, listener);
  }

  collect(sink: StatSink): void {
    const { endpointBytes, endpointMinutes } = this.#board.store.kept;
    sink.gauge('millrace_alerts_open', 'Alerts that are open', this.#alerts.open.length);
    sink.gauge('millrace_event_streams', 'Readers of the event stream', this.#stream.readers);
    sink.gauge('millrace_monitoring_kept_bytes', 'Memory that the past of single endpoints takes', endpointBytes);
    sink.gauge('millrace_monitoring_kept_minutes', 'How far the past of single endpoints may reach back', endpointMinutes);
    for (const { name, state } of this.health.detail().dependencies)
      sink.gauge('millrace_dependency_up', 'Whether a dependency answered its newest check', state === 'up' || state === 'degraded' ? 1 : 0, {
        dependency: name,
      });
  }

  /** The next whole second of the monotonic clock, so that no second is looked at twice or left out. */
  #plan(): void {
    const { clock } = this.#system;
    const toNextSecond = 1000 - (clock.monotonicMs() % 1000);
    // A timer may come a little early; a second this short has been looked at already.
    this.#cancel = clock.background(toNextSecond < 20 ? toNextSecond + 1000 : toNextSecond, () => {
      this.#look();
      this.#plan();
    });
  }

  #look(): void {
    try {
      this.#board.look(this.#alerts);
      if (this.#stream.isWatched) this.#stream.send('tick', this.#ticks.next(this.#board.snapshot(this.#alerts)));
    } catch (error) {
      this.#failed('look', error);
    }
  }

  #snapshot(): Snapshot {
    const snapshot = this.#board.snapshot(this.#alerts);
    this.#ticks.startedFrom(snapshot);
    return snapshot;
  }

  #tell(news: AlertNews, alert: Alert): void {
    const { events = silent, logger } = this.#sources;
    events.emit(`monitoring.alert.${news}`, () => alert);
    this.#news.emit('alert', () => alert);
    if (this.#stream.isWatched) this.#stream.send('alert', alert);
    if (logger) logAlert(logger, news, alert);
  }

  #failed(part: string, error: unknown): void {
    const { events = silent, logger } = this.#sources;
    events.emit('monitoring.look.failed', () => ({ part, error }));
    logger?.error('Monitoring failed', { part, error });
  }

  /** What is too long for the average is slow for a single request. */
  #applySlow({ thresholds }: Thresholds): void {
    const limit = thresholds.find(({ name }) => name === 'responseTimeMs')?.steps.at(-1)?.limit;
    if (limit !== undefined) this.#sources.requests.slowMs = limit;
  }
}

const logAlert = (logger: Logger, news: AlertNews, { id, threshold, severity, value, limit, text }: Alert): void => {
  const fields = { alert: id, threshold, severity, value, limit };
  if (news === 'resolved') logger.info(`Alert resolved: ${text}`, fields);
  else logger.warn(`Alert ${news}: ${text}`, fields);
};
