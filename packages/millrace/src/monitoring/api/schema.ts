/**
 * What `/performance/*` (also `/api/v1/performance/*`) says, as types and nothing else: the service and the dashboard are both written against it.
 *
 * Times of the clock are `…AtMs`, wall time in ms since the epoch. Lengths are `…Ms`. Shares are `…Ratio`, 0 to 1. `null` means there is nothing to
 * say (no request, no figure yet); it never stands for zero. An array that stands beside `timesMs` has `null` where there is a gap.
 *
 * | path | method | answer |
 * |---|---|---|
 * | `metrics?range=1m` | GET | `Metrics`, or Prometheus text by `Accept: text/plain` or `application/openmetrics-text`; `metrics/text` is always text |
 * | `series?range=15m&endpoint=<id>` | GET | `Series` |
 * | `endpoints?range=15m` | GET | `EndpointList` |
 * | `endpoints/<id>?range=15m` | GET | `EndpointDetail` |
 * | `requests/<id>` | GET | `RequestSample`; 404 when it was not kept or is past its keeping time |
 * | `alerts` | GET | `AlertList` |
 * | `alerts/<id>/resolve` | POST | `Alert`; the body is `{}` |
 * | `thresholds` | GET, PUT | `Thresholds`; the body of PUT is `ThresholdChange` |
 * | `report` | GET | `Report` |
 * | `cache`, `cache/stats` | GET | `CacheStats` |
 * | `database`, `database/stats` | GET | `DatabaseStats` |
 * | `resilience` | GET | `ResilienceStats` |
 * | `health` | GET | `HealthDetail`, always 200 |
 * | `health/live` | GET | `Liveness`, 200 while the process runs |
 * | `health/ready` | GET | `Readiness`, 200 or 503 |
 * | `events` | GET | event stream, see `StreamEvents` |
 * | `backup`, `reset-circuit-breakers` and any other path | any | 404 `Problem` |
 *
 * `<id>` of an endpoint is its method and route with `~` for `/`: `GET~retail~products~:id`. Nothing in it needs escaping in a path.
 */

/** The seams a request waits at, in the order they are drawn everywhere. */
export type SeamName = 'queue' | 'cache' | 'database' | 'external' | 'own';
export type PerSeam<Value> = Readonly<Record<SeamName, Value>>;
export type SeverityName = 'low' | 'medium' | 'high' | 'critical';
/** How far back a question looks. */
export type RangeName = '1m' | '5m' | '15m' | '1h' | '6h' | '24h';

/** What was looked at. `seconds` is how much of it has figures: less than its length after a start, or over a gap. */
export interface WindowOf {
  readonly range: RangeName;
  readonly fromMs: number;
  readonly toMs: number;
  readonly seconds: number;
}

/** How a set of requests fared within a window. */
export interface Figures {
  readonly requests: number;
  /** Answered with 5xx, or failed on the way. */
  readonly errors: number;
  readonly ratePerSecond: number | null;
  readonly ratePerMinute: number | null;
  readonly errorRatio: number | null;
  readonly averageMs: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
  /** Seconds that requests spent at each seam within the window, nothing counted twice. Divided by `window.seconds`: how many were there at a time. */
  readonly busySeconds: PerSeam<number>;
}

export interface EndpointFigures extends Figures {
  /** `GET~retail~products~:id` */
  readonly id: string;
  readonly method: string;
  /** The template, `/retail/products/:id`; `other` for what matched no route. */
  readonly route: string;
  /** Of the time of all endpoints together. */
  readonly timeRatio: number | null;
  readonly inFlight: number;
}

export interface EndpointList {
  readonly window: WindowOf;
  /** By total time, most first. */
  readonly endpoints: readonly EndpointFigures[];
}

export interface EndpointDetail {
  readonly window: WindowOf;
  readonly endpoint: EndpointFigures;
  readonly series: Series;
  /** Kept requests, slowest first; at most 50. */
  readonly samples: readonly RequestSummary[];
}

/** Why a request was kept. */
export type SampleReason = 'slow' | 'failed' | 'ordinary';

export interface RequestSummary {
  /** Its correlation id. */
  readonly id: string;
  readonly endpoint: string;
  readonly method: string;
  readonly route: string;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly status: number;
  readonly reason: SampleReason;
}

/** One request, step by step. */
export interface RequestSample extends RequestSummary {
  readonly traceId: string;
  /** Time at each seam, nothing counted twice; adds up to `durationMs`. */
  readonly spentMs: PerSeam<number>;
  /** In the order they began. */
  readonly steps: readonly RequestStep[];
  /** Steps that did not fit (200 are kept); their time counts as their parent's. */
  readonly droppedSteps: number;
  readonly keptUntilMs: number;
}

export interface RequestStep {
  /** Its place in `steps`. */
  readonly number: number;
  /** The step it belongs to, -1 for none. */
  readonly parent: number;
  readonly seam: SeamName;
  /** What it was: an entity, a statement's name or normalised text; never a value. */
  readonly name: string;
  /** After the start of the request. */
  readonly startMs: number;
  readonly durationMs: number;
  /** Without the steps below it. */
  readonly ownMs: number;
  /** `open`: it had not ended when the request did. */
  readonly outcome: 'ok' | 'hit' | 'stale' | 'miss' | 'error' | 'cancelled' | 'open';
  readonly note: string;
}

/** The process that answers. `null` where it was not measured yet. */
export interface ProcessFigures {
  /** Of all the processors it may use. */
  readonly cpuRatio: number | null;
  /** The larger of resident memory against what the process may use (the container's limit, else the machine's memory) and heap against its limit. */
  readonly memoryRatio: number | null;
  readonly residentBytes: number;
  readonly memoryLimitBytes: number;
  readonly heapUsedBytes: number;
  readonly heapLimitBytes: number;
  readonly eventLoopUtilisationRatio: number | null;
  readonly eventLoopDelayP99Ms: number | null;
  /** Share of time spent collecting garbage. */
  readonly gcRatio: number | null;
}

/** A figure beside its limit. The dashboard's verdict names the one nearest to (or furthest past) its limit. */
export interface LimitReading {
  readonly threshold: ThresholdName;
  readonly value: number | null;
  /** The lowest step, which is where trouble begins. */
  readonly limit: number;
  readonly unit: ThresholdUnit;
  /** 1 = at the limit, more = past it, whichever direction is bad; `null` without a value. */
  readonly strainRatio: number | null;
  readonly severity: SeverityName | null;
}

export interface Metrics {
  readonly atMs: number;
  readonly startedAtMs: number;
  readonly service: string;
  readonly window: WindowOf;
  readonly overall: Figures;
  readonly inFlight: number;
  /** By total time, most first; at most 200. */
  readonly endpoints: readonly EndpointFigures[];
  readonly process: ProcessFigures;
  /** `null` where the process has no cache or no database. */
  readonly cache: CacheSummary | null;
  readonly database: DatabaseSummary | null;
  /** Nearest to (or furthest past) its limit first. */
  readonly limits: readonly LimitReading[];
}

/** Hits of all tiers together within the window. */
export interface CacheSummary {
  readonly hitRatio: number | null;
  readonly hits: number;
  readonly misses: number;
  readonly sizeBytes: number;
}

export interface DatabaseSummary {
  readonly poolUsedRatio: number | null;
  readonly waiting: number;
  readonly statements: number;
  readonly statementsPerSecond: number | null;
  readonly averageMs: number | null;
  readonly slowStatements: number;
  readonly connectionErrors: number;
}

/** Figures over time, thinned to at most 360 points. Percentiles come from merged histograms, never from other percentiles. */
export interface Series {
  readonly window: WindowOf;
  readonly stepMs: number;
  /** Where each point begins. */
  readonly timesMs: readonly number[];
  readonly ratePerSecond: readonly (number | null)[];
  readonly errorRatio: readonly (number | null)[];
  readonly averageMs: readonly (number | null)[];
  readonly p50Ms: readonly (number | null)[];
  readonly p95Ms: readonly (number | null)[];
  readonly p99Ms: readonly (number | null)[];
  /** Seconds spent per second: how many requests were at that seam at a time. */
  readonly busy: PerSeam<readonly (number | null)[]>;
  /** These five only for the whole service, empty for one endpoint. */
  readonly cacheHitRatio: readonly (number | null)[];
  readonly poolUsedRatio: readonly (number | null)[];
  readonly cpuRatio: readonly (number | null)[];
  readonly memoryRatio: readonly (number | null)[];
  readonly eventLoopDelayP99Ms: readonly (number | null)[];
  readonly heat: HeatMap;
}

/** How many requests took how long: a column for each point of its series. */
export interface HeatMap {
  /** Upper edges of the rows, ascending; what is above the last is counted in the last row. */
  readonly edgesMs: readonly number[];
  readonly columns: readonly (readonly number[] | null)[];
}

/** The newest second, as one more point for every line of a `Series` of the whole service. */
export interface Point {
  readonly timeMs: number;
  readonly ratePerSecond: number;
  readonly errorRatio: number | null;
  readonly averageMs: number | null;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly busy: PerSeam<number>;
  readonly cacheHitRatio: number | null;
  readonly poolUsedRatio: number | null;
  readonly cpuRatio: number | null;
  readonly memoryRatio: number | null;
  readonly eventLoopDelayP99Ms: number | null;
  /** Rows as in `HeatMap.edgesMs`. */
  readonly heat: readonly number[];
}

export type HealthWord = 'up' | 'degraded' | 'down';

/** GET health/live. It depends on nothing: a process that can answer lives. */
export interface Liveness {
  readonly state: 'up';
}

/** GET health/ready: this instance's own state, never that of its dependencies. */
export interface Readiness {
  readonly ready: boolean;
  readonly phase: 'starting' | 'running' | 'stopping' | 'stopped';
  /** Why it is not ready, for people. */
  readonly reasons: readonly string[];
}

/** GET health. */
export interface HealthDetail {
  /** The worst of its dependencies; `up` where there are none. */
  readonly state: HealthWord;
  readonly readiness: Readiness;
  readonly atMs: number;
  readonly dependencies: readonly DependencyState[];
}

export interface DependencyState {
  readonly name: string;
  /** `unknown` until it was first checked. */
  readonly state: HealthWord | 'unknown';
  readonly sinceMs: number;
  /** `null` until it was first checked. */
  readonly checkedAtMs: number | null;
  readonly tookMs: number | null;
  /** Checks that did not succeed, one after the other. */
  readonly failures: number;
  /** Why it is not up: the error's code and words, secrets taken out. */
  readonly reason: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

export type ThresholdName =
  | 'responseTimeMs'
  | 'errorRatePercent'
  | 'cpuUsagePercent'
  | 'memoryUsagePercent'
  | 'cacheHitRatePercent'
  | 'queryAverageMs'
  | 'slowQueriesPerMinute'
  | 'poolUsagePercent'
  | 'connectionErrors'
  | 'eventLoopDelayMs';
export type ThresholdUnit = 'ms' | 'percent' | 'perMinute';

/** When it calls. Each step opens an alert of its severity, or raises the one that is open. */
export interface Threshold {
  readonly name: ThresholdName;
  readonly title: string;
  readonly unit: ThresholdUnit;
  readonly direction: 'above' | 'below';
  /** Mildest first. */
  readonly steps: readonly { readonly limit: number; readonly severity: SeverityName }[];
  /** How long it must be past the limit before it calls, and back inside before it rests. */
  readonly forMs: number;
  /** `setting`: default or environment; `api`: changed here since the start. */
  readonly source: 'setting' | 'api';
  /** Which environment variable sets the upper step; `null` where none does. */
  readonly variable: string | null;
}

export interface Thresholds {
  readonly thresholds: readonly Threshold[];
  /** What makes a single request slow, and a statement. */
  readonly slowRequestMs: number;
  readonly slowQueryMs: number;
}

/** The body of PUT thresholds: only what changes. A limit replaces the upper step, and a milder step that would then be past it moves to it. */
export interface ThresholdChange {
  readonly thresholds: Readonly<Partial<Record<ThresholdName, { readonly limit?: number; readonly forMs?: number }>>>;
}

export interface Alert {
  readonly id: string;
  readonly threshold: ThresholdName;
  readonly title: string;
  readonly state: 'open' | 'resolved';
  readonly severity: SeverityName;
  readonly openedAtMs: number;
  readonly resolvedAtMs: number | null;
  /** `null` while it is open; `key` when somebody resolved it by hand. */
  readonly resolvedBy: 'recovery' | 'key' | null;
  readonly value: number;
  /** The furthest past the limit it has been. */
  readonly worst: number;
  readonly limit: number;
  readonly unit: ThresholdUnit;
  readonly direction: 'above' | 'below';
  /** A sentence with its figures. */
  readonly text: string;
  /** Where to look: the endpoint that costs most, where the threshold is about requests. */
  readonly endpoint: string | null;
}

export interface AlertList {
  /** Worst first. */
  readonly open: readonly Alert[];
  /** Newest first; at most 200. */
  readonly history: readonly Alert[];
}

export type FindingKind = 'slowEndpoint' | 'slowStatement' | 'failingEndpoint' | 'lowHitRate' | 'poolWaits' | 'eventLoop' | 'overLimit';

/** Something worth doing, with its evidence. */
export interface Finding {
  readonly id: string;
  readonly kind: FindingKind;
  readonly severity: SeverityName;
  /** What is slow. */
  readonly title: string;
  /** Why, in words made from the evidence. */
  readonly why: string;
  /** What to do. */
  readonly advice: string;
  /** Seconds within the window that it cost. Findings are sorted by severity, then by this. */
  readonly costSeconds: number;
  readonly evidence: readonly Evidence[];
  readonly endpoint: string | null;
  readonly statement: string | null;
  /** A request that shows it. */
  readonly sample: string | null;
}

export interface Evidence {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 's' | 'ratio' | 'perSecond' | 'count' | 'percent';
}

export interface Report {
  readonly atMs: number;
  readonly window: WindowOf;
  /** One sentence for the whole. */
  readonly summary: string;
  readonly findings: readonly Finding[];
}

export interface CacheStats {
  /** False where the process has no cache; the rest is then empty. */
  readonly present: boolean;
  readonly hitRatio: number | null;
  readonly entities: readonly CacheEntityStats[];
  readonly tiers: readonly CacheTierStats[];
}

/** Everything since the start. */
export interface CacheEntityStats {
  readonly entity: string;
  readonly hitRatio: number | null;
  /** Per tier, in the order they are asked. */
  readonly hits: readonly { readonly tier: string; readonly count: number }[];
  readonly staleHits: number;
  readonly misses: number;
  readonly loads: number;
  readonly loadFailures: number;
  readonly averageLoadMs: number | null;
  readonly invalidations: number;
  /** Loads that hits made unnecessary, times what a load takes: seconds saved per second since the start. */
  readonly savedSecondsPerSecond: number | null;
}

export interface CacheTierStats {
  readonly tier: string;
  readonly hits: number;
  readonly misses: number;
  readonly hitRatio: number | null;
  readonly entries: number;
  readonly sizeBytes: number;
  readonly limitBytes: number;
  readonly evictions: number;
}

export interface DatabaseStats {
  /** False where the process has no database; the rest is then empty. */
  readonly present: boolean;
  readonly server: string | null;
  readonly pool: PoolStats | null;
  /** By total time, most first; at most 100. */
  readonly statements: readonly StatementStats[];
}

export interface PoolStats {
  readonly min: number;
  readonly max: number;
  readonly open: number;
  readonly idle: number;
  readonly busy: number;
  readonly connecting: number;
  readonly waiting: number;
  readonly waitP95Ms: number | null;
  /** Since the start. */
  readonly acquired: number;
  readonly refused: number;
  readonly connectionErrors: number;
  readonly cancelled: number;
}

export interface StatementStats {
  readonly id: string;
  /** Normalised: `$1` in place of every value. */
  readonly text: string;
  readonly name: string | null;
  readonly calls: number;
  readonly errors: number;
  readonly rows: number;
  readonly totalMs: number;
  readonly averageMs: number;
  readonly p95Ms: number | null;
  readonly maxMs: number;
  readonly timeRatio: number;
}

export interface ResilienceStats {
  readonly present: boolean;
  readonly breakers: readonly {
    readonly name: string;
    readonly state: 'closed' | 'open' | 'halfOpen';
    readonly sinceMs: number;
    readonly failures: number;
    readonly refused: number;
  }[];
  readonly timeouts: readonly { readonly name: string; readonly calls: number; readonly expired: number }[];
}

/**
 * The event stream. Every event has an id; a client that comes back with `Last-Event-ID` gets what came after it where that is still kept
 * (60 s), otherwise a `snapshot`. A `tick` comes every second, so silence for 5 s means that figures are stale.
 */
export interface StreamEvents {
  /** All slices. First on a new stream. */
  readonly snapshot: Snapshot;
  /** What changed within one second. An absent slice is as it was. */
  readonly tick: Tick;
  /** An alert opened, changed its severity or was resolved. */
  readonly alert: Alert;
  /** The service stops; it will not come back on this stream. */
  readonly bye: { readonly atMs: number };
}

/** The slices of the first screen, over the last minute. */
export interface Snapshot {
  readonly metrics: Metrics;
  readonly alerts: readonly Alert[];
  readonly health: HealthDetail;
  readonly resilience: ResilienceStats;
}

export interface Tick {
  readonly atMs: number;
  /** Missing when the second that ended was not whole. */
  readonly point?: Point;
  readonly overall?: Figures;
  readonly inFlight?: number;
  /** Only those that changed, whole. */
  readonly endpoints?: readonly EndpointFigures[];
  /** Ids that the last minute no longer holds. */
  readonly goneEndpoints?: readonly string[];
  readonly process?: ProcessFigures;
  readonly cache?: CacheSummary | null;
  readonly database?: DatabaseSummary | null;
  readonly limits?: readonly LimitReading[];
  readonly alerts?: readonly Alert[];
  readonly health?: HealthDetail;
  readonly resilience?: ResilienceStats;
}

/** RFC 9457. Media type `application/problem+json`. */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** `MILLRACE_…` */
  readonly code: string;
  /** The request it is about. */
  readonly requestId: string;
  /** Each wrong field, where the body was wrong. */
  readonly errors?: readonly ProblemField[];
}

export interface ProblemField {
  /** Its path, dots between levels; empty for the whole. */
  readonly field: string;
  readonly in: 'body' | 'query' | 'path' | 'headers';
  readonly message: string;
}
