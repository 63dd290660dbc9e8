import type { Alert, LimitReading, SeverityName, ThresholdName, ThresholdUnit } from '../../../millrace/src/monitoring/api/schema.ts';
import { duration, exact, significant, words } from './figures.ts';
import { age } from './time.ts';

/** Limits and what stands beside them, as words. */

const names: Readonly<Record<ThresholdName, string>> = {
  responseTimeMs: 'response time',
  errorRatePercent: 'errors',
  cpuUsagePercent: 'CPU',
  memoryUsagePercent: 'memory',
  cacheHitRatePercent: 'cache hit rate',
  queryAverageMs: 'average query',
  slowQueriesPerMinute: 'slow queries',
  poolUsagePercent: 'pool use',
  connectionErrors: 'connection errors',
  eventLoopDelayMs: 'event loop delay',
};
/** A threshold in running text. One this page does not know yet goes by its own name. */
export const nameOf = (threshold: ThresholdName): string => names[threshold] ?? threshold;

const unitWords: Readonly<Record<ThresholdUnit, string>> = { ms: 'ms', percent: '%', perMinute: '/min' };
export const unitOf = (unit: ThresholdUnit): string => unitWords[unit] ?? unit;

/** `2.61 s`, `61.2 %`, `4 /min` */
export const measured = (value: number, unit: ThresholdUnit): string => (unit === 'ms' ? words(duration(value)) : `${significant(value)} ${unitOf(unit)}`);
/** `2 s`, `90 %`: as short as it was set. */
export const limitWords = (value: number, unit: ThresholdUnit): string =>
  unit === 'ms' && value >= 1_000 ? `${exact(value / 1_000)} s` : `${exact(value)} ${unitOf(unit)}`;

export type Tone = 'good' | 'warn' | 'high' | 'crit' | 'unknown';
export const severityTone = (severity: SeverityName): Tone => ({ low: 'warn', medium: 'warn', high: 'high', critical: 'crit' })[severity] as Tone;

/** From this share of a limit on a figure counts as near it. */
export const nearRatio = 0.85;
export function readingTone(reading: LimitReading | undefined): Tone {
  if (!reading || reading.strainRatio === null) return 'unknown';
  if (reading.strainRatio > 1) return reading.severity ? severityTone(reading.severity) : 'high';
  return reading.strainRatio >= nearRatio ? 'warn' : 'good';
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export interface Verdict {
  readonly tone: Tone;
  readonly headline: string;
  /** The figure that says more; the page may put a likely cause in its place. */
  readonly detail: string;
  /** The endpoint where to look, where there is one. */
  readonly endpoint: string | undefined;
  readonly alert: Alert | undefined;
}

/**
 * Is it all right? One sentence with the number, the limit and since when. It is made from the worst open alert; without one from the figure furthest past its
 * limit; and when all is well it names the figure nearest to one. It never has nothing to say.
 */
export function verdict(alerts: readonly Alert[] | undefined, limits: readonly LimitReading[] | undefined, nowMs: number): Verdict {
  if (!alerts || !limits)
    return {
      tone: 'unknown',
      headline: 'Waiting for the first figures',
      detail: 'They come within a second or two of connecting.',
      endpoint: undefined,
      alert: undefined,
    };
  const worst = alerts[0];
  if (worst) {
    const others = alerts.length - 1;
    return {
      tone: severityTone(worst.severity),
      headline: `${worst.title}: ${measured(worst.value, worst.unit)}, limit ${limitWords(worst.limit, worst.unit)}, for ${age(nowMs - worst.openedAtMs)}`,
      detail: `${worst.text}${others > 0 ? ` ${others} more ${others === 1 ? 'alert is' : 'alerts are'} open.` : ''}`,
      endpoint: worst.endpoint ?? undefined,
      alert: worst,
    };
  }
  const nearest = limits.find((one) => one.strainRatio !== null && one.value !== null);
  if (!nearest)
    return {
      tone: 'good',
      headline: 'Everything is inside its limits',
      detail: 'No figure has been measured against one yet.',
      endpoint: undefined,
      alert: undefined,
    };
  const both = `${measured(nearest.value ?? 0, nearest.unit)}, limit ${limitWords(nearest.limit, nearest.unit)}`;
  if ((nearest.strainRatio ?? 0) > 1) {
    return {
      tone: 'warn',
      headline: `${capital(nameOf(nearest.threshold))} is past its limit: ${both}`,
      detail: 'Not for long enough yet to call.',
      endpoint: undefined,
      alert: undefined,
    };
  }
  return {
    tone: 'good',
    headline: 'Everything is inside its limits',
    detail: `Nearest to one: ${nameOf(nearest.threshold)}, ${both}.`,
    endpoint: undefined,
    alert: undefined,
  };
}
