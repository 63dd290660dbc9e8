import type {
  Alert,
  CacheStats,
  DatabaseStats,
  EndpointDetail,
  EndpointFigures,
  Figures,
  HealthDetail,
  LimitReading,
  Metrics,
  PerSeam,
  Point,
  RangeName,
  Report,
  RequestSample,
  RequestStep,
  ResilienceStats,
  SeamName,
  Series,
  ThresholdChange,
  Thresholds,
  WindowOf,
} from '../../../millrace/src/monitoring/api/schema.ts';

/**
 * A service that never was: figures that fit together, made from a seed, so that pages can be looked at and states be caused without a database. Everything has the
 * types of the real contract; where that changes, this file no longer compiles.
 */

const seams: readonly SeamName[] = ['queue', 'cache', 'database', 'external', 'own'];
export const lengthsMs: Readonly<Record<RangeName, number>> = {
  '1m': 60_000,
  '5m': 300_000,
  '15m': 900_000,
  '1h': 3_600_000,
  '6h': 21_600_000,
  '24h': 86_400_000,
};
const stepsMs: Readonly<Record<RangeName, number>> = { '1m': 1_000, '5m': 1_000, '15m': 5_000, '1h': 60_000, '6h': 60_000, '24h': 300_000 };
const edgesMs: readonly number[] = Array.from({ length: 30 }, (_, row) => 0.25 * 10 ** ((row + 1) / 6));

/** A small, repeatable source of chance. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
const bell = (random: () => number): number => (random() + random() + random() + random() - 2) * 1.2;

interface Profile {
  readonly method: string;
  readonly route: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly errors: number;
  readonly split: PerSeam<number>;
}
const split = (queue: number, cache: number, database: number, external: number, own: number): PerSeam<number> => ({ queue, cache, database, external, own });
const profiles: readonly Profile[] = [
  { method: 'GET', route: '/retail/reports/sales', perSecond: 2.4, p50Ms: 612, p95Ms: 2_610, errors: 0.004, split: split(0.05, 0.01, 0.9, 0, 0.04) },
  { method: 'GET', route: '/retail/products/:id', perSecond: 402, p50Ms: 0.9, p95Ms: 4.8, errors: 0, split: split(0.03, 0.48, 0.17, 0, 0.32) },
  { method: 'GET', route: '/retail/products', perSecond: 128, p50Ms: 3.1, p95Ms: 8.4, errors: 0.001, split: split(0.02, 0.22, 0.58, 0, 0.18) },
  { method: 'GET', route: '/retail/inventory/:storeId/:productId', perSecond: 289, p50Ms: 0.8, p95Ms: 3.6, errors: 0, split: split(0.03, 0.41, 0.33, 0, 0.23) },
  { method: 'POST', route: '/retail/sales', perSecond: 38.4, p50Ms: 6.1, p95Ms: 14, errors: 0.012, split: split(0.08, 0.03, 0.74, 0, 0.15) },
  { method: 'GET', route: '/retail/products/:id/movements', perSecond: 22.7, p50Ms: 5.2, p95Ms: 21, errors: 0, split: split(0.04, 0.09, 0.75, 0, 0.12) },
  { method: 'GET', route: '/retail/loyalty/:customerId', perSecond: 74.1, p50Ms: 1.4, p95Ms: 5.9, errors: 0, split: split(0.03, 0.34, 0.41, 0, 0.22) },
  { method: 'GET', route: '/retail/search', perSecond: 11.2, p50Ms: 18, p95Ms: 64, errors: 0, split: split(0.02, 0.04, 0.82, 0, 0.12) },
  { method: 'GET', route: '/retail/stores/:id/transactions', perSecond: 9.6, p50Ms: 7.7, p95Ms: 26, errors: 0, split: split(0.03, 0.06, 0.79, 0, 0.12) },
  { method: 'DELETE', route: '/retail/products/:id', perSecond: 0.2, p50Ms: 9.1, p95Ms: 17, errors: 0, split: split(0.05, 0.12, 0.7, 0, 0.13) },
];

export interface ModelOptions {
  /** Is something wrong at the moment? */
  readonly trouble: boolean;
  /** Has nothing happened yet? */
  readonly quiet: boolean;
  /** Stands in place of every text field, where it is given. */
  readonly text?: (() => string) | undefined;
}

const startedAtMs = Date.now() - 4 * 3_600_000;
const at = (list: readonly number[], share: number): number => list[Math.min(list.length - 1, Math.floor(list.length * share))] ?? 0;

/** One second of the service: how many requests fell into each row of the heat map, and the figures of that second. */
export function pointAt(timeMs: number, { trouble, quiet }: ModelOptions): Point {
  const random = chance(Math.floor(timeMs / 1_000));
  const heat = edgesMs.map(() => 0);
  if (quiet) {
    const none = {
      averageMs: null,
      p50Ms: null,
      p95Ms: null,
      p99Ms: null,
      errorRatio: null,
      cacheHitRatio: null,
      poolUsedRatio: 0,
      cpuRatio: 0.01,
      memoryRatio: 0.21,
      eventLoopDelayP99Ms: 0.4,
    };
    return { timeMs, ratePerSecond: 0, ...none, busy: split(0, 0, 0, 0, 0), heat };
  }
  const tookMs: number[] = [];
  const put = (logMs: number, spread: number, many: number): void => {
    for (let one = 0; one < many; one += 1) tookMs.push(10 ** (logMs + bell(random) * spread));
  };
  put(0.1, 0.28, 90);
  put(0.8, 0.3, 36);
  put(1.5, 0.22, 7);
  put(2.6, 0.2, trouble ? 4 : 2);
  if (trouble) put(3.36, 0.07, 46);
  tookMs.sort((a, b) => a - b);
  for (const ms of tookMs) {
    const row = edgesMs.findIndex((edge) => ms <= edge);
    heat[row < 0 ? edgesMs.length - 1 : row] = (heat[row < 0 ? edgesMs.length - 1 : row] ?? 0) + 1;
  }
  const jitter = (value: number, part: number): number => Math.max(0, value * (1 + bell(random) * part));
  return {
    timeMs,
    ratePerSecond: Math.round(jitter(980, 0.05)),
    errorRatio: Math.max(0, 0.0012 + bell(random) * 0.0006),
    averageMs: tookMs.reduce((sum, ms) => sum + ms, 0) / tookMs.length,
    p50Ms: at(tookMs, 0.5),
    p95Ms: at(tookMs, 0.95),
    p99Ms: at(tookMs, 0.99),
    busy: split(jitter(trouble ? 1.9 : 0.3, 0.1), jitter(1.2, 0.06), jitter(trouble ? 16 : 4.1, 0.06), 0, jitter(1.9, 0.06)),
    cacheHitRatio: Math.min(1, jitter(0.938, 0.006)),
    poolUsedRatio: Math.min(1, jitter(trouble ? 0.88 : 0.32, 0.06)),
    cpuRatio: Math.min(1, jitter(0.46, 0.07)),
    memoryRatio: jitter(0.31, 0.01),
    eventLoopDelayP99Ms: jitter(1.9, 0.2),
    heat,
  };
}

/** When the present trouble began. */
export const troubleForMs = 190_000;

export class Model {
  options: ModelOptions;
  #thresholds: Thresholds;
  #resolved: Alert[] = [];
  constructor(options: ModelOptions) {
    this.options = options;
    this.#thresholds = thresholds();
  }

  /** A text of the service, or the one that a test wants to see in every place. */
  #say(text: string): string {
    return this.options.text ? this.options.text() : text;
  }
  #optionsAt(timeMs: number, nowMs: number): ModelOptions {
    return { ...this.options, trouble: this.options.trouble && timeMs > nowMs - troubleForMs };
  }
  window(range: RangeName, nowMs: number): WindowOf {
    return { range, fromMs: nowMs - lengthsMs[range], toMs: nowMs, seconds: lengthsMs[range] / 1_000 };
  }
  point(nowMs: number): Point {
    return pointAt(Math.floor(nowMs / 1_000) * 1_000, this.options);
  }

  series(range: RangeName, nowMs: number): Series {
    const stepMs = stepsMs[range];
    const last = Math.floor(nowMs / stepMs) * stepMs - stepMs;
    const timesMs = Array.from(
      { length: Math.floor(lengthsMs[range] / stepMs) },
      (_, index, all = Math.floor(lengthsMs[range] / stepMs)) => last - (all - 1 - index) * stepMs,
    );
    // A short gap, as after a restart: it must be drawn as one.
    const gap = (index: number): boolean => index > 40 && index < 46;
    const points = timesMs.map((timeMs, index) => (gap(index) ? undefined : pointAt(timeMs, this.#optionsAt(timeMs, nowMs))));
    const line = <V>(pick: (point: Point) => V): (V | null)[] => points.map((point) => (point ? pick(point) : null));
    return {
      window: this.window(range, nowMs),
      stepMs,
      timesMs,
      ratePerSecond: line((point) => point.ratePerSecond),
      errorRatio: line((point) => point.errorRatio),
      averageMs: line((point) => point.averageMs),
      p50Ms: line((point) => point.p50Ms),
      p95Ms: line((point) => point.p95Ms),
      p99Ms: line((point) => point.p99Ms),
      busy: Object.fromEntries(seams.map((seam) => [seam, line((point) => point.busy[seam])])) as PerSeam<(number | null)[]>,
      cacheHitRatio: line((point) => point.cacheHitRatio),
      poolUsedRatio: line((point) => point.poolUsedRatio),
      cpuRatio: line((point) => point.cpuRatio),
      memoryRatio: line((point) => point.memoryRatio),
      eventLoopDelayP99Ms: line((point) => point.eventLoopDelayP99Ms),
      heat: { edgesMs, columns: line((point) => point.heat) },
    };
  }

  #figures({ perSecond, p50Ms, p95Ms, errors, split: parts }: Profile, seconds: number, random: () => number): Figures {
    const rate = perSecond * (1 + bell(random) * 0.04);
    const averageMs = p50Ms * 1.6;
    const total = (rate * averageMs * seconds) / 1_000;
    return {
      requests: Math.round(rate * seconds),
      errors: Math.round(rate * seconds * errors),
      ratePerSecond: rate,
      ratePerMinute: rate * 60,
      errorRatio: errors,
      averageMs,
      p50Ms,
      p95Ms: p95Ms * (1 + bell(random) * 0.03),
      p99Ms: p95Ms * 1.9,
      maxMs: p95Ms * 3.4,
      busySeconds: Object.fromEntries(seams.map((seam) => [seam, total * parts[seam]])) as PerSeam<number>,
    };
  }
  endpoints(range: RangeName, nowMs: number): EndpointFigures[] {
    if (this.options.quiet) return [];
    const random = chance(Math.floor(nowMs / 1_000));
    const rows = profiles.map((profile) => ({
      id: `${profile.method}${profile.route.replaceAll('/', '~')}`,
      method: this.#say(profile.method),
      route: this.#say(profile.route),
      inFlight: Math.round(random() * 3),
      timeRatio: null as number | null,
      ...this.#figures(profile.p95Ms > 1_000 && !this.options.trouble ? { ...profile, p50Ms: 212, p95Ms: 380 } : profile, lengthsMs[range] / 1_000, random),
    }));
    const time = (row: EndpointFigures): number => seams.reduce((sum, seam) => sum + row.busySeconds[seam], 0);
    const all = rows.reduce((sum, row) => sum + time(row), 0);
    return rows.map((row) => ({ ...row, timeRatio: time(row) / all })).sort((a, b) => time(b) - time(a));
  }
  endpoint(id: string, range: RangeName, nowMs: number): EndpointDetail | undefined {
    const endpoint = this.endpoints(range, nowMs).find((one) => one.id === id);
    if (!endpoint) return undefined;
    return { window: this.window(range, nowMs), endpoint, series: this.series(range, nowMs), samples: this.samples(id, nowMs) };
  }
  samples(endpoint: string, nowMs: number): RequestSample[] {
    const profile = profiles.find((one) => `${one.method}${one.route.replaceAll('/', '~')}` === endpoint);
    if (!profile || this.options.quiet) return [];
    return Array.from({ length: 24 }, (_, index) => sampleOf(profile, endpoint, index, nowMs, (text) => this.#say(text)));
  }
  request(id: string, nowMs: number): RequestSample | undefined {
    const ids = profiles.map(({ method, route }) => `${method}${route.replaceAll('/', '~')}`);
    return ids.flatMap((one) => this.samples(one, nowMs)).find((sample) => sample.id === id);
  }

  thresholds(): Thresholds {
    return {
      ...this.#thresholds,
      thresholds: this.#thresholds.thresholds.map((one) => ({ ...one, title: this.#say(one.title), variable: one.variable && this.#say(one.variable) })),
    };
  }
  change(change: ThresholdChange): Thresholds {
    this.#thresholds = {
      ...this.#thresholds,
      thresholds: this.#thresholds.thresholds.map((one) => {
        const limit = change.thresholds[one.name]?.limit;
        return limit === undefined
          ? one
          : { ...one, source: 'api', steps: one.steps.map((step, index) => (index === one.steps.length - 1 ? { ...step, limit } : step)) };
      }),
    };
    return this.thresholds();
  }
  alerts(nowMs: number): Alert[] {
    if (!this.options.trouble || this.#resolved.length) return [];
    return [
      {
        id: 'alert-1',
        threshold: 'responseTimeMs',
        title: this.#say('Response time'),
        state: 'open',
        severity: 'medium',
        openedAtMs: nowMs - troubleForMs + 12_000,
        resolvedAtMs: null,
        resolvedBy: null,
        value: 612,
        worst: 688,
        limit: 500,
        unit: 'ms',
        direction: 'above',
        text: this.#say('Requests take 612 ms on average, the limit is 500 ms.'),
        endpoint: 'GET~retail~reports~sales',
      },
    ];
  }
  history(nowMs: number): Alert[] {
    if (this.options.quiet) return [];
    const past: Alert = {
      id: 'alert-0',
      threshold: 'poolUsagePercent',
      title: this.#say('Database pool in use'),
      state: 'resolved',
      severity: 'high',
      openedAtMs: nowMs - 7_200_000,
      resolvedAtMs: nowMs - 6_900_000,
      resolvedBy: 'recovery',
      value: 62,
      worst: 97.5,
      limit: 90,
      unit: 'percent',
      direction: 'above',
      text: this.#say('97.5 % of the pool are in use, the limit is 90 %.'),
      endpoint: null,
    };
    return [...this.#resolved, past];
  }
  resolve(id: string, nowMs: number): Alert | undefined {
    const alert = this.alerts(nowMs).find((one) => one.id === id);
    if (!alert) return undefined;
    const resolved: Alert = { ...alert, state: 'resolved', resolvedAtMs: nowMs, resolvedBy: 'key' };
    this.#resolved = [resolved, ...this.#resolved];
    return resolved;
  }
  limits(nowMs: number): LimitReading[] {
    const point = this.point(nowMs);
    const reading = (
      threshold: LimitReading['threshold'],
      value: number | null,
      limit: number,
      unit: LimitReading['unit'],
      strainRatio: number | null,
    ): LimitReading => ({
      threshold,
      value,
      limit,
      unit,
      strainRatio,
      severity: strainRatio !== null && strainRatio > 1 ? 'high' : null,
    });
    const pool = (point.poolUsedRatio ?? 0) * 100;
    const hits = point.cacheHitRatio === null ? null : point.cacheHitRatio * 100;
    const took = point.averageMs;
    return [
      reading('responseTimeMs', took, 500, 'ms', took === null ? null : took / 500),
      reading('poolUsagePercent', pool, 90, 'percent', pool / 90),
      reading('cacheHitRatePercent', hits, 70, 'percent', hits === null ? null : 70 / hits),
      reading('cpuUsagePercent', (point.cpuRatio ?? 0) * 100, 80, 'percent', ((point.cpuRatio ?? 0) * 100) / 80),
      reading('memoryUsagePercent', (point.memoryRatio ?? 0) * 100, 85, 'percent', ((point.memoryRatio ?? 0) * 100) / 85),
      reading(
        'errorRatePercent',
        point.errorRatio === null ? null : point.errorRatio * 100,
        5,
        'percent',
        point.errorRatio === null ? null : (point.errorRatio * 100) / 5,
      ),
    ].sort((a, b) => (b.strainRatio ?? -1) - (a.strainRatio ?? -1));
  }
  metrics(nowMs: number): Metrics {
    const point = this.point(nowMs);
    const endpoints = this.endpoints('1m', nowMs);
    const sum = (pick: (row: EndpointFigures) => number): number => endpoints.reduce((all, row) => all + pick(row), 0);
    const quiet = this.options.quiet;
    return {
      atMs: nowMs,
      startedAtMs,
      service: this.#say('retail'),
      window: this.window('1m', nowMs),
      overall: {
        requests: sum((row) => row.requests),
        errors: sum((row) => row.errors),
        ratePerSecond: quiet ? 0 : point.ratePerSecond,
        ratePerMinute: quiet ? 0 : point.ratePerSecond * 60,
        errorRatio: point.errorRatio,
        averageMs: point.averageMs,
        p50Ms: point.p50Ms,
        p95Ms: point.p95Ms,
        p99Ms: point.p99Ms,
        maxMs: quiet ? null : 2_980,
        busySeconds: Object.fromEntries(seams.map((seam) => [seam, sum((row) => row.busySeconds[seam])])) as PerSeam<number>,
      },
      inFlight: quiet ? 0 : 12,
      endpoints,
      process: {
        cpuRatio: point.cpuRatio,
        memoryRatio: point.memoryRatio,
        residentBytes: 214e6,
        memoryLimitBytes: 692e6,
        heapUsedBytes: 88.4e6,
        heapLimitBytes: 4.3e9,
        eventLoopUtilisationRatio: 0.412,
        eventLoopDelayP99Ms: point.eventLoopDelayP99Ms,
        gcRatio: 0.013,
      },
      cache: { hitRatio: point.cacheHitRatio, hits: quiet ? 0 : 54_120, misses: quiet ? 0 : 3_580, sizeBytes: 18.4e6 },
      database: {
        poolUsedRatio: point.poolUsedRatio,
        waiting: this.options.trouble ? 9 : 0,
        statements: 9_120,
        statementsPerSecond: quiet ? 0 : 152,
        averageMs: 4.1,
        slowStatements: 0,
        connectionErrors: 0,
      },
      limits: this.limits(nowMs),
    };
  }
  health(nowMs: number): HealthDetail {
    return {
      state: 'degraded',
      readiness: { ready: true, phase: 'running', reasons: [] },
      atMs: nowMs,
      dependencies: [
        {
          name: this.#say('PostgreSQL'),
          state: 'up',
          sinceMs: startedAtMs,
          checkedAtMs: nowMs - 4_000,
          tookMs: 0.84,
          failures: 0,
          reason: null,
          detail: { server: this.#say('18.4, embedded') },
        },
        {
          name: this.#say('traffic generator'),
          state: 'degraded',
          sinceMs: nowMs - 60_000,
          checkedAtMs: nowMs - 4_000,
          tookMs: 212,
          failures: 1,
          reason: this.#say('answers slowly'),
          detail: {},
        },
        { name: this.#say('Redis'), state: 'unknown', sinceMs: startedAtMs, checkedAtMs: null, tookMs: null, failures: 0, reason: null, detail: {} },
      ],
    };
  }
  resilience(): ResilienceStats {
    return {
      present: true,
      breakers: [
        { name: this.#say('mail'), state: 'halfOpen', sinceMs: startedAtMs, failures: 4, refused: 12 },
        { name: this.#say('payments'), state: 'closed', sinceMs: startedAtMs, failures: 0, refused: 0 },
      ],
      timeouts: [],
    };
  }
  report(nowMs: number): Report {
    return {
      atMs: nowMs,
      window: this.window('15m', nowMs),
      summary: this.#say('One endpoint is slow.'),
      findings: [
        {
          id: 'finding-1',
          kind: 'slowEndpoint',
          severity: 'high',
          title: this.#say('GET /retail/reports/sales is slow'),
          why: this.#say('90 % of its time is one statement that reads all sale lines of a store: 2,140 ms of 2,612 ms.'),
          advice: this.#say('Look at the statement.'),
          costSeconds: 412,
          evidence: [],
          endpoint: 'GET~retail~reports~sales',
          statement: null,
          sample: null,
        },
      ],
    };
  }
  cache(): CacheStats {
    const entity = (name: string, hitRatio: number, hits: number, misses: number, loadMs: number, saved: number): CacheStats['entities'][number] => ({
      entity: this.#say(name),
      hitRatio,
      hits: [{ tier: 'memory', count: hits }],
      staleHits: Math.round(hits / 900),
      misses,
      loads: misses,
      loadFailures: name === 'stock' ? 3 : 0,
      averageLoadMs: loadMs,
      invalidations: Math.round(misses / 7),
      savedSecondsPerSecond: saved,
    });
    return {
      present: true,
      hitRatio: 0.938,
      entities: this.options.quiet
        ? []
        : [
            entity('product', 0.981, 4_120_400, 80_120, 2.1, 0.842),
            entity('stock', 0.947, 1_980_230, 110_400, 1.6, 0.412),
            entity('loyalty', 0.883, 410_220, 54_000, 1.9, 0.121),
            entity('store', 0.999, 88_120, 13, 0.9, 0.018),
          ],
      tiers: [
        {
          tier: this.#say('memory'),
          hits: 6_598_970,
          misses: 244_533,
          hitRatio: 0.964,
          entries: 18_204,
          sizeBytes: 18.4e6,
          limitBytes: 67.1e6,
          evictions: 412,
        },
      ],
    };
  }
  database(): DatabaseStats {
    const statement = (id: string, text: string, calls: number, averageMs: number, p95Ms: number, timeRatio: number): DatabaseStats['statements'][number] => ({
      id,
      text: this.#say(text),
      name: null,
      calls,
      errors: 0,
      rows: calls * 3,
      totalMs: calls * averageMs,
      averageMs,
      p95Ms,
      maxMs: p95Ms * 2.4,
      timeRatio,
    });
    return {
      present: true,
      server: this.#say('PostgreSQL 18.4'),
      pool: {
        min: 5,
        max: 20,
        open: 14,
        idle: 3,
        busy: this.options.trouble ? 18 : 6,
        connecting: 0,
        waiting: this.options.trouble ? 9 : 0,
        waitP95Ms: this.options.trouble ? 304 : 0.4,
        acquired: 1_204_112,
        refused: 0,
        connectionErrors: 0,
        cancelled: 14,
      },
      statements: this.options.quiet
        ? []
        : [
            statement(
              's1',
              'select product_id, sum(quantity), sum(total) from retail.sale_lines where store_id = $1 and sold_at between $2 and $3 group by product_id order by 3 desc',
              8_420,
              612,
              2_140,
              0.81,
            ),
            statement('s2', 'select * from retail.products where id = any($1)', 80_120, 1.4, 3.2, 0.09),
            statement('s3', 'insert into retail.sales (store_id, customer_id, sold_at) values ($1, $2, $3) returning id', 41_200, 2.2, 6.1, 0.06),
            statement('s4', 'select quantity from retail.inventory where store_id = $1 and product_id = $2', 110_400, 0.7, 1.9, 0.04),
          ],
    };
  }
}

function sampleOf(profile: Profile, endpoint: string, index: number, nowMs: number, say: (text: string) => string): RequestSample {
  const random = chance(index * 7_919 + profile.route.length);
  const durationMs = profile.p95Ms * (1.1 - index * 0.02) * (1 + bell(random) * 0.05);
  const steps: RequestStep[] = [];
  const add = (seam: SeamName, name: string, from: number, share: number, outcome: RequestStep['outcome'], parent = -1): void => {
    steps.push({
      number: steps.length,
      parent,
      seam,
      name: say(name),
      startMs: durationMs * from,
      durationMs: durationMs * share,
      ownMs: durationMs * share * (parent < 0 && seam === 'cache' ? 0.1 : 1),
      outcome,
      note: '',
    });
  };
  add('own', 'check the request', 0, 0.01, 'ok');
  add('cache', 'sales report', 0.012, 0.95, 'miss');
  add('queue', 'wait for a connection', 0.02, 0.09, 'ok', 1);
  add('database', 'select sale lines by store and day', 0.112, 0.82, 'ok', 1);
  add('cache', 'store in memory', 0.935, 0.004, 'ok', 1);
  add('own', 'serialise', 0.965, 0.03, 'ok');
  return {
    id: `7f3a91c2-${endpoint.length}-${index}`,
    endpoint,
    method: say(profile.method),
    route: say(profile.route),
    startedAtMs: nowMs - 20_000 - index * 31_000,
    durationMs,
    status: index === 5 ? 503 : 200,
    reason: index === 5 ? 'failed' : index < 16 ? 'slow' : 'ordinary',
    traceId: say('4bf92f3577b34da6a3ce929d0e0e4736'),
    spentMs: { queue: durationMs * 0.09, cache: durationMs * 0.05, database: durationMs * 0.82, external: 0, own: durationMs * 0.04 },
    steps,
    droppedSteps: 0,
    keptUntilMs: nowMs + 3_400_000,
  };
}

function thresholds(): Thresholds {
  const one = (
    name: Thresholds['thresholds'][number]['name'],
    title: string,
    unit: 'ms' | 'percent' | 'perMinute',
    steps: Thresholds['thresholds'][number]['steps'],
    variable: string | null,
    direction: 'above' | 'below' = 'above',
  ): Thresholds['thresholds'][number] => ({ name, title, unit, direction, steps, forMs: 30_000, source: 'setting', variable });
  return {
    slowRequestMs: 2_000,
    slowQueryMs: 1_000,
    thresholds: [
      one(
        'responseTimeMs',
        'Response time, average',
        'ms',
        [
          { limit: 500, severity: 'medium' },
          { limit: 2_000, severity: 'high' },
        ],
        'PERF_RESPONSE_TIME_MS',
      ),
      one(
        'errorRatePercent',
        'Requests that failed',
        'percent',
        [
          { limit: 1, severity: 'medium' },
          { limit: 5, severity: 'high' },
        ],
        'PERF_ERROR_RATE_PERCENT',
      ),
      one('cpuUsagePercent', 'CPU in use', 'percent', [{ limit: 80, severity: 'medium' }], 'PERF_CPU_USAGE_PERCENT'),
      one('memoryUsagePercent', 'Memory in use', 'percent', [{ limit: 85, severity: 'high' }], 'PERF_MEMORY_USAGE_PERCENT'),
      one(
        'cacheHitRatePercent',
        'Cache hit rate',
        'percent',
        [
          { limit: 80, severity: 'medium' },
          { limit: 70, severity: 'high' },
        ],
        'PERF_CACHE_HIT_RATE_PERCENT',
        'below',
      ),
      one('poolUsagePercent', 'Database pool in use', 'percent', [{ limit: 90, severity: 'high' }], 'PERF_POOL_USAGE_PERCENT'),
      one('eventLoopDelayMs', 'Event loop delay, p99', 'ms', [{ limit: 100, severity: 'medium' }], null),
    ],
  };
}
