import type { SeverityName, ThresholdName, ThresholdUnit } from '../api/schema.ts';

/** A threshold as it is before anybody set anything: the two sources' limits as its steps, mildest first. */
export interface ThresholdRule {
  readonly name: ThresholdName;
  readonly title: string;
  readonly unit: ThresholdUnit;
  readonly direction: 'above' | 'below';
  readonly steps: readonly { readonly limit: number; readonly severity: SeverityName }[];
  /** The step that `PERF_*`, the settings and PUT set. */
  readonly upper: number;
  readonly forMs: number;
  readonly variable: string | null;
  readonly lowest: number;
  readonly highest: number;
}

const minuteMs = 60_000;
const percent = { unit: 'percent', lowest: 0, highest: 100 } as const;
const ms = { unit: 'ms', lowest: 1, highest: 3_600_000 } as const;
const perMinute = { unit: 'perMinute', lowest: 0, highest: 1_000_000 } as const;
const above = { direction: 'above' } as const;
const below = { direction: 'below' } as const;
const medium = (limit: number): { readonly limit: number; readonly severity: SeverityName } => ({ limit, severity: 'medium' });
const high = (limit: number): { readonly limit: number; readonly severity: SeverityName } => ({ limit, severity: 'high' });
const critical = (limit: number): { readonly limit: number; readonly severity: SeverityName } => ({ limit, severity: 'critical' });

/** Every figure is that of the last minute. */
export const thresholdRules: readonly ThresholdRule[] = [
  {
    name: 'responseTimeMs',
    title: 'Average response time',
    ...ms,
    ...above,
    steps: [medium(500), high(2000)],
    upper: 1,
    forMs: 2 * minuteMs,
    variable: 'PERF_RESPONSE_TIME_MS',
  },
  {
    name: 'errorRatePercent',
    title: 'Failed requests',
    ...percent,
    ...above,
    steps: [medium(1), high(5)],
    upper: 1,
    forMs: minuteMs,
    variable: 'PERF_ERROR_RATE_PERCENT',
  },
  {
    name: 'cpuUsagePercent',
    title: 'Processor time',
    ...percent,
    ...above,
    steps: [medium(80)],
    upper: 0,
    forMs: 2 * minuteMs,
    variable: 'PERF_CPU_USAGE_PERCENT',
  },
  {
    name: 'memoryUsagePercent',
    title: 'Memory',
    ...percent,
    ...above,
    steps: [high(85)],
    upper: 0,
    forMs: 2 * minuteMs,
    variable: 'PERF_MEMORY_USAGE_PERCENT',
  },
  {
    name: 'cacheHitRatePercent',
    title: 'Cache hit rate',
    ...percent,
    ...below,
    steps: [medium(80), high(70), critical(60)],
    upper: 1,
    forMs: 5 * minuteMs,
    variable: 'PERF_CACHE_HIT_RATE_PERCENT',
  },
  { name: 'queryAverageMs', title: 'Average query', ...ms, ...above, steps: [medium(100)], upper: 0, forMs: 2 * minuteMs, variable: null },
  {
    name: 'slowQueriesPerMinute',
    title: 'Slow queries',
    ...perMinute,
    ...above,
    steps: [medium(10)],
    upper: 0,
    forMs: 0,
    variable: 'PERF_SLOW_QUERIES_PER_MIN',
  },
  {
    name: 'poolUsagePercent',
    title: 'Connections in use',
    ...percent,
    ...above,
    steps: [high(90)],
    upper: 0,
    forMs: minuteMs,
    variable: 'PERF_POOL_USAGE_PERCENT',
  },
  {
    name: 'connectionErrors',
    title: 'Failed connects to the database',
    ...perMinute,
    ...above,
    steps: [high(0)],
    upper: 0,
    forMs: 0,
    variable: 'PERF_DB_CONNECTION_ERRORS',
  },
  { name: 'eventLoopDelayMs', title: 'Event loop delay, p99', ...ms, ...above, steps: [medium(100), high(500)], upper: 1, forMs: minuteMs, variable: null },
];
