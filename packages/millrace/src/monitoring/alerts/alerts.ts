import type { System } from '../../kernel/index.ts';
import type { Alert, AlertList, LimitReading, SeverityName, Threshold, ThresholdName } from '../api/schema.ts';
import { PerformanceRequestError } from '../errors.ts';
import { isPast, type ThresholdBook } from '../thresholds/index.ts';

/**
 * When somebody is called. Each threshold has steps. A step is *held* once its figure has been past it for the threshold's `forMs` without a break, and let go
 * once the figure has been inside it, by 5 % of the limit, for as long. An alert is open while a step is held; its severity is that of the gravest one held.
 * So a figure that trembles at its limit makes one alert, not many. Without a figure (no requests) nothing is past anything.
 */
const marginRatio = 0.05;
const mostHistory = 200;
/** After a resolve by hand the same threshold stays quiet at least this long. */
const quietMs = 60_000;

interface Step {
  isHeld: boolean;
  /** Since when the figure speaks against what is held; undefined while it agrees. */
  againstMs: number | undefined;
}

interface Watch {
  steps: Step[];
  alert: Alert | undefined;
  quietUntilMs: number;
}

export type AlertNews = 'opened' | 'changed' | 'resolved';

const severities: readonly SeverityName[] = ['low', 'medium', 'high', 'critical'];

export class AlertBook {
  readonly #system: System;
  readonly #thresholds: ThresholdBook;
  readonly #tell: (news: AlertNews, alert: Alert) => void;
  readonly #watches: Map<ThresholdName, Watch> = new Map();
  #history: readonly Alert[] = [];

  constructor(system: System, thresholds: ThresholdBook, tell: (news: AlertNews, alert: Alert) => void) {
    this.#system = system;
    this.#thresholds = thresholds;
    this.#tell = tell;
  }

  /** Looks at the newest figures. `endpointFor`: where to look, asked when an alert opens. */
  look(readings: readonly LimitReading[], endpointFor: (threshold: ThresholdName) => string | null): void {
    for (const { threshold, value } of readings) this.#lookAt(this.#thresholds.get(threshold), value, endpointFor);
  }

  /** Open alerts, worst first. */
  get open(): readonly Alert[] {
    const open = [...this.#watches.values()].flatMap(({ alert }) => (alert ? [alert] : []));
    return open.sort((a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity) || a.openedAtMs - b.openedAtMs);
  }

  list(): AlertList {
    return { open: this.open, history: this.#history };
  }

  /** Closes an alert by hand. @throws MILLRACE_PERFORMANCE_NOT_FOUND, MILLRACE_PERFORMANCE_CONFLICT when it is closed already. */
  resolve(id: string): Alert {
    const watch = [...this.#watches.values()].find(({ alert }) => alert?.id === id);
    if (!watch) {
      if (this.#history.some((alert) => alert.id === id)) throw new PerformanceRequestError('MILLRACE_PERFORMANCE_CONFLICT', 'That alert is no longer open.');
      throw new PerformanceRequestError('MILLRACE_PERFORMANCE_NOT_FOUND', 'There is no alert with that id.');
    }
    watch.quietUntilMs = this.#system.clock.monotonicMs() + quietMs;
    watch.steps = [];
    return this.#close(watch, 'key');
  }

  #lookAt(threshold: Threshold, value: number | null, endpointFor: (threshold: ThresholdName) => string | null): void {
    const watch = this.#watches.get(threshold.name) ?? { steps: [], alert: undefined, quietUntilMs: 0 };
    this.#watches.set(threshold.name, watch);
    const nowMs = this.#system.clock.monotonicMs();
    if (nowMs < watch.quietUntilMs) return;
    threshold.steps.forEach(({ limit }, index) => {
      const step = watch.steps[index] ?? { isHeld: false, againstMs: undefined };
      watch.steps[index] = step;
      turn(step, speaksAgainst(step, threshold, limit, value), threshold.forMs, nowMs);
    });
    const held = watch.steps.findLastIndex(({ isHeld }) => isHeld);
    const severity = threshold.steps[held]?.severity;
    if (severity === undefined) {
      if (watch.alert) this.#close(watch, 'recovery');
    } else if (!watch.alert) this.#open(watch, threshold, held, value as number, endpointFor(threshold.name));
    else this.#update(watch, watch.alert, threshold, held, value);
  }

  #open(watch: Watch, threshold: Threshold, held: number, value: number, endpoint: string | null): void {
    const { name, title, unit, direction } = threshold;
    const { limit, severity } = threshold.steps[held] as Threshold['steps'][number];
    const openedAtMs = this.#system.clock.wallMs();
    const text = sentence(threshold, value, limit);
    watch.alert = {
      ...{ id: this.#system.ids.next(), threshold: name, title, state: 'open', severity, openedAtMs, resolvedAtMs: null, resolvedBy: null },
      ...{ value, worst: value, limit, unit, direction, text, endpoint },
    };
    this.#tell('opened', watch.alert);
  }

  #update(watch: Watch, alert: Alert, threshold: Threshold, held: number, value: number | null): void {
    if (value === null) return;
    const { limit, severity } = threshold.steps[held] as Threshold['steps'][number];
    const worst = isPast(value, alert.worst, threshold.direction) ? value : alert.worst;
    watch.alert = { ...alert, value, worst, limit, severity, text: sentence(threshold, value, limit) };
    if (severity !== alert.severity) this.#tell('changed', watch.alert);
  }

  #close(watch: Watch, resolvedBy: 'recovery' | 'key'): Alert {
    const closed: Alert = { ...(watch.alert as Alert), state: 'resolved', resolvedBy, resolvedAtMs: this.#system.clock.wallMs() };
    watch.alert = undefined;
    this.#history = [closed, ...this.#history].slice(0, mostHistory);
    this.#tell('resolved', closed);
    return closed;
  }
}

function speaksAgainst({ isHeld }: Step, { direction }: Threshold, limit: number, value: number | null): boolean {
  if (!isHeld) return value !== null && isPast(value, limit, direction);
  const inside = direction === 'above' ? limit * (1 - marginRatio) : Math.min(100, limit * (1 + marginRatio));
  return value === null || !isPast(value, inside, direction);
}

/** Holds or lets go once the figure has spoken against the present state for long enough. */
function turn(step: Step, isAgainst: boolean, forMs: number, nowMs: number): void {
  if (!isAgainst) {
    step.againstMs = undefined;
    return;
  }
  step.againstMs ??= nowMs;
  if (nowMs - step.againstMs < forMs) return;
  step.isHeld = !step.isHeld;
  step.againstMs = undefined;
}

const units = { ms: ' ms', percent: ' %', perMinute: ' a minute' } as const;

export const figure = (value: number): string => (Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3))));

const sentence = ({ title, unit, direction }: Threshold, value: number, limit: number): string =>
  `${title} is ${figure(value)}${units[unit]}, ${direction} its limit of ${figure(limit)}${units[unit]}`;
