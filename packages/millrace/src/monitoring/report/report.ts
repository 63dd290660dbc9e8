import { figure } from '../alerts/index.ts';
import type {
  CacheStats,
  DatabaseStats,
  EndpointFigures,
  Evidence,
  Finding,
  LimitReading,
  ProcessFigures,
  Report,
  RequestSummary,
  SeamName,
  SeverityName,
  Thresholds,
  WindowOf,
} from '../api/schema.ts';

/** Everything a report is made from: figures only, so that the same figures always give the same report. */
export interface ReportInput {
  readonly atMs: number;
  readonly window: WindowOf;
  readonly endpoints: readonly EndpointFigures[];
  readonly cache: CacheStats;
  readonly database: DatabaseStats;
  readonly process: ProcessFigures;
  readonly limits: readonly LimitReading[];
  readonly thresholds: Thresholds;
  /** The slowest kept request of an endpoint, or one that failed. */
  readonly sampleOf: (endpoint: string, reason: 'slow' | 'failed') => RequestSummary | undefined;
}

const mostFindings = 20;
const perKind = 5;
/** Endpoints and statements that are inside every limit are told of when they take a tenth of the time. */
const notableRatio = 0.1;
const fewestCalls = 5;
const order: readonly SeverityName[] = ['critical', 'high', 'medium', 'low'];

/** What is slow, why, and what to do: worst first, each with the figures it rests on. */
export function makeReport(input: ReportInput): Report {
  const findings = [
    ...input.endpoints.flatMap((endpoint) => slowEndpoint(endpoint, input)).slice(0, perKind),
    ...input.endpoints.flatMap((endpoint) => failingEndpoint(endpoint, input)).slice(0, perKind),
    ...input.database.statements.flatMap((statement) => slowStatement(statement, input)).slice(0, perKind),
    ...input.cache.entities.flatMap((entity) => lowHitRate(entity, input)).slice(0, perKind),
    ...poolWaits(input),
    ...eventLoop(input),
  ]
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity) || b.costSeconds - a.costSeconds)
    .slice(0, mostFindings);
  return { atMs: input.atMs, window: input.window, summary: summaryOf(findings, input), findings };
}

function summaryOf([worst]: readonly Finding[], { endpoints, limits, window }: ReportInput): string {
  if (endpoints.length === 0 && !worst) return `No request in the last ${window.range}.`;
  if (worst && worst.severity !== 'low') return worst.title;
  const nearest = limits.find(({ strainRatio }) => strainRatio !== null);
  if (!nearest) return 'Nothing is past its limit.';
  return `Nothing is past its limit. Nearest to it is ${nearest.threshold}: ${figure(nearest.value as number)} of ${figure(nearest.limit)}.`;
}

const limitsOf = ({ thresholds }: ReportInput, name: string): readonly { readonly limit: number; readonly severity: SeverityName }[] =>
  thresholds.thresholds.find((one) => one.name === name)?.steps ?? [];

const severityAbove = (value: number, steps: readonly { readonly limit: number; readonly severity: SeverityName }[]): SeverityName | undefined =>
  steps.findLast(({ limit }) => value > limit)?.severity;

const evidence = (name: string, value: number | null, unit: Evidence['unit']): Evidence[] => (value === null ? [] : [{ name, value, unit }]);

const seamWords: Readonly<Record<SeamName, string>> = {
  queue: 'waiting for its turn',
  cache: 'in the cache',
  database: 'in the database',
  external: 'waiting for other services',
  own: 'in its own code',
};

const seamAdvice: Readonly<Record<SeamName, string>> = {
  queue: 'It waits before it is served. Look at the pool and at what runs beside it; more of the same work will not make it faster.',
  cache: 'Look at the tier it waits for, and at values that are large or loaded one by one.',
  database: 'Open its slowest request, take the statement that takes longest, and look at its plan; a missing index or one query per row is the usual reason.',
  external: 'Set a timeout and serve the last good answer; fetch side by side what does not depend on each other.',
  own: 'Its own code computes or serialises. Take a CPU profile; return less; cache the finished answer.',
};

function slowEndpoint(endpoint: EndpointFigures, input: ReportInput): Finding[] {
  const { averageMs, p95Ms, requests, method, route, timeRatio, busySeconds, id } = endpoint;
  if (averageMs === null || requests < fewestCalls) return [];
  const severity = severityAbove(averageMs, limitsOf(input, 'responseTimeMs'));
  const isNotable = severity !== undefined || (p95Ms ?? 0) > input.thresholds.slowRequestMs || (timeRatio ?? 0) >= notableRatio;
  if (!isNotable) return [];
  const [seam, seconds] = (Object.entries(busySeconds) as [SeamName, number][]).reduce((most, one) => (one[1] > most[1] ? one : most));
  const costSeconds = Object.values(busySeconds).reduce((total, value) => total + value, 0);
  const share = costSeconds > 0 ? seconds / costSeconds : 0;
  const title =
    severity === undefined && (p95Ms ?? 0) <= input.thresholds.slowRequestMs
      ? `${method} ${route} takes ${figure((timeRatio ?? 0) * 100)} % of the time of all requests`
      : `${method} ${route} takes ${figure(averageMs)} ms on average, ${figure(p95Ms ?? averageMs)} ms at p95`;
  return [
    {
      id: `slowEndpoint:${id}`,
      kind: 'slowEndpoint',
      severity: severity ?? ((p95Ms ?? 0) > input.thresholds.slowRequestMs ? 'medium' : 'low'),
      title,
      why: `${figure(share * 100)} % of its time is spent ${seamWords[seam]}.`,
      advice: seamAdvice[seam],
      costSeconds,
      evidence: [
        ...evidence('average', averageMs, 'ms'),
        ...evidence('p95', p95Ms, 'ms'),
        ...evidence('p99', endpoint.p99Ms, 'ms'),
        ...evidence('requests', requests, 'count'),
        ...evidence(`${seam} time`, seconds, 's'),
        ...evidence('share of all time', timeRatio, 'ratio'),
      ],
      endpoint: id,
      statement: null,
      sample: input.sampleOf(id, 'slow')?.id ?? null,
    },
  ];
}

function failingEndpoint(endpoint: EndpointFigures, input: ReportInput): Finding[] {
  const { errorRatio, errors, requests, method, route, id, averageMs } = endpoint;
  const severity = errorRatio === null || requests < fewestCalls ? undefined : severityAbove(errorRatio * 100, limitsOf(input, 'errorRatePercent'));
  if (errorRatio === null || severity === undefined) return [];
  return [
    {
      id: `failingEndpoint:${id}`,
      kind: 'failingEndpoint',
      severity,
      title: `${method} ${route} fails ${figure(errorRatio * 100)} % of the time`,
      why: `${errors} of ${requests} requests were answered with 5xx or broke off.`,
      advice: 'Open a failed request and read its log lines by the same correlation id.',
      costSeconds: (errors * (averageMs ?? 0)) / 1000,
      evidence: [...evidence('failed', errorRatio, 'ratio'), ...evidence('failed requests', errors, 'count'), ...evidence('requests', requests, 'count')],
      endpoint: id,
      statement: null,
      sample: input.sampleOf(id, 'failed')?.id ?? null,
    },
  ];
}

function slowStatement(statement: DatabaseStats['statements'][number], input: ReportInput): Finding[] {
  const { averageMs, calls, timeRatio, totalMs, p95Ms, rows, id, text } = statement;
  if (calls < fewestCalls) return [];
  const severity = severityAbove(averageMs, limitsOf(input, 'queryAverageMs'));
  if (severity === undefined && timeRatio < notableRatio) return [];
  const perCall = rows / calls;
  return [
    {
      id: `slowStatement:${id}`,
      kind: 'slowStatement',
      severity: severity ?? 'low',
      title:
        severity === undefined
          ? `One statement takes ${figure(timeRatio * 100)} % of the time in the database`
          : `A statement takes ${figure(averageMs)} ms on average`,
      why:
        perCall >= 100
          ? `It returns ${figure(perCall)} rows a call, ${calls} times since the start.`
          : `It was called ${calls} times since the start, ${figure(averageMs)} ms each.`,
      advice:
        averageMs < 5
          ? 'Each call is short: call it less often. Batch it, or put a cache entity in front of it.'
          : 'Look at its plan with EXPLAIN (ANALYZE, BUFFERS); an index on what it filters and sorts by is the usual cure.',
      costSeconds: totalMs / 1000,
      evidence: [
        ...evidence('average', averageMs, 'ms'),
        ...evidence('p95', p95Ms, 'ms'),
        ...evidence('calls', calls, 'count'),
        ...evidence('rows per call', Number(perCall.toPrecision(4)), 'count'),
        ...evidence('share of database time', timeRatio, 'ratio'),
      ],
      endpoint: null,
      statement: text,
      sample: null,
    },
  ];
}

function lowHitRate(entity: CacheStats['entities'][number], input: ReportInput): Finding[] {
  const { hitRatio, hits, misses, averageLoadMs, loads } = entity;
  const asked = hits.reduce((total, { count }) => total + count, misses);
  if (hitRatio === null || asked < 100) return [];
  const severity = limitsOf(input, 'cacheHitRatePercent').findLast(({ limit }) => hitRatio * 100 < limit)?.severity;
  if (severity === undefined) return [];
  return [
    {
      id: `lowHitRate:${entity.entity}`,
      kind: 'lowHitRate',
      severity,
      title: `The cache of ${entity.entity} answers only ${figure(hitRatio * 100)} % itself`,
      why: `${misses} of ${asked} questions went to its loader, ${figure(averageLoadMs ?? 0)} ms each.`,
      advice: 'Give it a longer TTL or more memory, or invalidate by key instead of by pattern; if it is asked for ever new keys, it needs no cache.',
      costSeconds: ((averageLoadMs ?? 0) * loads) / 1000,
      evidence: [
        ...evidence('hit rate', hitRatio, 'ratio'),
        ...evidence('misses', misses, 'count'),
        ...evidence('average load', averageLoadMs, 'ms'),
        ...evidence('invalidations', entity.invalidations, 'count'),
      ],
      endpoint: null,
      statement: null,
      sample: null,
    },
  ];
}

function poolWaits({ database: { pool } }: ReportInput): Finding[] {
  if (!pool || (pool.waiting === 0 && pool.refused === 0)) return [];
  return [
    {
      id: 'poolWaits',
      kind: 'poolWaits',
      severity: pool.refused > 0 ? 'high' : 'medium',
      title: pool.refused > 0 ? `${pool.refused} calls got no database connection` : `${pool.waiting} calls wait for a database connection`,
      why: `${pool.busy} of at most ${pool.max} connections are busy.`,
      advice: 'Shorten what holds a connection first (slow statements, work inside transactions); more connections than the database has cores rarely help.',
      costSeconds: ((pool.waitP95Ms ?? 0) * pool.waiting) / 1000,
      evidence: [
        ...evidence('waiting', pool.waiting, 'count'),
        ...evidence('refused', pool.refused, 'count'),
        ...evidence('busy', pool.busy, 'count'),
        ...evidence('wait p95', pool.waitP95Ms, 'ms'),
      ],
      endpoint: null,
      statement: null,
      sample: null,
    },
  ];
}

function eventLoop(input: ReportInput): Finding[] {
  const { eventLoopDelayP99Ms: delayMs, eventLoopUtilisationRatio: used, gcRatio } = input.process;
  const severity = delayMs === null ? undefined : severityAbove(delayMs, limitsOf(input, 'eventLoopDelayMs'));
  if (delayMs === null || severity === undefined) return [];
  return [
    {
      id: 'eventLoop',
      kind: 'eventLoop',
      severity,
      title: `The event loop is up to ${figure(delayMs)} ms late`,
      why: `It had work ${figure((used ?? 0) * 100)} % of the last second, ${figure((gcRatio ?? 0) * 100)} % of it was garbage collection.`,
      advice: 'Something computes for long at a time: take a CPU profile, cut the work into pieces or move it to a worker.',
      costSeconds: delayMs / 1000,
      evidence: [...evidence('delay p99', delayMs, 'ms'), ...evidence('utilisation', used, 'ratio'), ...evidence('garbage collection', gcRatio, 'ratio')],
      endpoint: null,
      statement: null,
      sample: null,
    },
  ];
}
