import type { LimitReading, ProblemField, SeverityName, Threshold, ThresholdChange, ThresholdName, Thresholds } from '../api/schema.ts';
import { PerformanceRequestError } from '../errors.ts';
import { type ThresholdRule, thresholdRules } from './table.ts';

const longestForMs = 3_600_000;

/** The limits in force: defaults, then settings, then what was put since the start. */
export class ThresholdBook {
  readonly #thresholds: Map<ThresholdName, Threshold>;
  readonly #slowQueryMs: number;
  readonly #slowRequestMs: () => number;

  /** `settings`: upper steps by name. `slowRequestMs` is asked, since the request figures own it. */
  constructor(settings: Readonly<Partial<Record<ThresholdName, number | undefined>>>, slowQueryMs: number, slowRequestMs: () => number) {
    this.#slowQueryMs = slowQueryMs;
    this.#slowRequestMs = slowRequestMs;
    this.#thresholds = new Map(thresholdRules.map((rule) => [rule.name, thresholdOf(rule, settings[rule.name] ?? upperOf(rule), rule.forMs, 'setting')]));
  }

  all(): readonly Threshold[] {
    return [...this.#thresholds.values()];
  }

  get(name: ThresholdName): Threshold {
    return this.#thresholds.get(name) as Threshold;
  }

  read(): Thresholds {
    return { thresholds: this.all(), slowRequestMs: this.#slowRequestMs(), slowQueryMs: this.#slowQueryMs };
  }

  /** Takes all of a change or nothing of it. @throws MILLRACE_PERFORMANCE_INPUT naming each wrong field. */
  change(body: unknown): Thresholds {
    for (const [name, { limit, forMs }] of Object.entries(readChange(body).thresholds)) {
      const rule = thresholdRules.find((one) => one.name === name) as ThresholdRule;
      const present = this.get(rule.name);
      const upper = limit ?? (present.steps[rule.upper]?.limit as number);
      this.#thresholds.set(rule.name, thresholdOf(rule, upper, forMs ?? present.forMs, 'api'));
    }
    return this.read();
  }

  /** Each value beside its limit, nearest to it (or furthest past it) first. */
  readings(values: Readonly<Record<ThresholdName, number | null>>): LimitReading[] {
    return this.all()
      .map((threshold) => readingOf(threshold, values[threshold.name]))
      .sort((a, b) => (b.strainRatio ?? -1) - (a.strainRatio ?? -1));
  }
}

const upperOf = ({ steps, upper }: ThresholdRule): number => steps[upper]?.limit as number;

function thresholdOf(rule: ThresholdRule, upperLimit: number, forMs: number, source: Threshold['source']): Threshold {
  const { name, title, unit, direction, variable } = rule;
  const steps = rule.steps.map(({ limit, severity }, index) => ({ severity, limit: inOrder(rule, index, limit, upperLimit) }));
  return { name, title, unit, direction, steps, forMs, source, variable };
}

/** A milder step never lies past the upper one, a graver one never before it. */
const inOrder = ({ direction, upper }: ThresholdRule, index: number, limit: number, upperLimit: number): number => {
  if (index === upper) return upperLimit;
  const towardsHigher = index > upper === (direction === 'above');
  return towardsHigher ? Math.max(limit, upperLimit) : Math.min(limit, upperLimit);
};

export const isPast = (value: number, limit: number, direction: Threshold['direction']): boolean => (direction === 'above' ? value > limit : value < limit);

/** The gravest step a value is past, -1 when it is inside all of them. */
export const stepOf = (value: number | null, { steps, direction }: Threshold): number =>
  value === null ? -1 : steps.findLastIndex(({ limit }) => isPast(value, limit, direction));

function readingOf(threshold: Threshold, value: number | null): LimitReading {
  const limit = threshold.steps[0]?.limit as number;
  const severity: SeverityName | null = threshold.steps[stepOf(value, threshold)]?.severity ?? null;
  return { threshold: threshold.name, value, limit, unit: threshold.unit, strainRatio: strainOf(value, limit, threshold.direction), severity };
}

/** How much of the way to the limit is used up: 1 is at it. Below a limit, the way is what is left to a full 100 %. */
function strainOf(value: number | null, limit: number, direction: Threshold['direction']): number | null {
  if (value === null) return null;
  if (direction === 'below') return limit >= 100 ? (value < limit ? 2 : 1) : (100 - value) / (100 - limit);
  return limit === 0 ? (value > 0 ? 1 + value : 0) : value / limit;
}

function readChange(body: unknown): ThresholdChange {
  const given = isRecord(body) ? body['thresholds'] : undefined;
  if (!isRecord(given)) throw wrong([{ field: 'thresholds', in: 'body', message: 'must be an object of thresholds by name' }]);
  const problems = Object.entries(given).flatMap(([name, change]) => problemsOf(name, change));
  if (problems.length > 0) throw wrong(problems);
  return { thresholds: given as ThresholdChange['thresholds'] };
}

function problemsOf(name: string, change: unknown): ProblemField[] {
  const rule = thresholdRules.find((one) => one.name === name);
  const at = (field: string, message: string): ProblemField => ({ field: `thresholds.${field}`.slice(0, 120), in: 'body', message });
  if (!rule) return [at(name, `is not a threshold; they are ${thresholdRules.map((one) => one.name).join(', ')}`)];
  if (!isRecord(change)) return [at(name, 'must be an object with limit or forMs')];
  const unknown = Object.keys(change).filter((key) => key !== 'limit' && key !== 'forMs');
  return [
    ...unknown.map((key) => at(`${name}.${key}`, 'is not a field; there are limit and forMs')),
    ...(isWithin(change['limit'], rule.lowest, rule.highest) ? [] : [at(`${name}.limit`, `must be a number from ${rule.lowest} to ${rule.highest}`)]),
    ...(isWithin(change['forMs'], 0, longestForMs) ? [] : [at(`${name}.forMs`, `must be a number from 0 to ${longestForMs}`)]),
  ];
}

const isWithin = (value: unknown, lowest: number, highest: number): boolean =>
  value === undefined || (typeof value === 'number' && value >= lowest && value <= highest);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const wrong = (errors: readonly ProblemField[]): PerformanceRequestError =>
  new PerformanceRequestError(
    'MILLRACE_PERFORMANCE_INPUT',
    `${errors.length} ${errors.length === 1 ? 'field is' : 'fields are'} wrong; nothing was changed.`,
    errors,
  );
