import { describe, expect, it } from 'vitest';
import type { EndpointFigures, RequestSummary } from '../api/schema.ts';
import { ThresholdBook } from '../thresholds/index.ts';
import { makeReport, type ReportInput } from './index.ts';

const endpoint = (route: string, figures: Partial<EndpointFigures> = {}): EndpointFigures => ({
  ...{
    id: `GET${route.replaceAll('/', '~')}`,
    method: 'GET',
    route,
    requests: 100,
    errors: 0,
    ratePerSecond: 1,
    ratePerMinute: 60,
    errorRatio: 0,
    inFlight: 0,
  },
  ...{ averageMs: 10, p50Ms: 8, p95Ms: 20, p99Ms: 30, maxMs: 40, timeRatio: 0.05 },
  busySeconds: { queue: 0, cache: 0.1, database: 0.7, external: 0, own: 0.2 },
  ...figures,
});

const input = (part: Partial<ReportInput> = {}): ReportInput => ({
  atMs: 1,
  window: { range: '15m', fromMs: 0, toMs: 900_000, seconds: 900 },
  endpoints: [],
  cache: { present: false, hitRatio: null, entities: [], tiers: [] },
  database: { present: false, server: null, pool: null, statements: [] },
  process: {
    ...{ cpuRatio: 0.1, memoryRatio: 0.1, residentBytes: 1, memoryLimitBytes: 10, heapUsedBytes: 1, heapLimitBytes: 10 },
    ...{ eventLoopUtilisationRatio: 0.1, eventLoopDelayP99Ms: 2, gcRatio: 0 },
  },
  limits: [{ threshold: 'responseTimeMs', value: 120, limit: 500, unit: 'ms', strainRatio: 0.24, severity: null }],
  thresholds: new ThresholdBook({}, 1_000, () => 2_000).read(),
  sampleOf: () => undefined,
  ...part,
});

const statement = (text: string, averageMs: number, calls: number, timeRatio: number): ReportInput['database']['statements'][number] => ({
  ...{
    id: `q_${text.length}`,
    text,
    name: null,
    calls,
    errors: 0,
    rows: calls,
    totalMs: averageMs * calls,
    averageMs,
    p95Ms: averageMs * 2,
    maxMs: averageMs * 3,
    timeRatio,
  },
});

describe('report', () => {
  it('M10 puts the worst first, each finding with why, what to do, its figures and a request that shows it', () => {
    const { findings, summary } = makeReport(
      input({
        endpoints: [endpoint('/slow', { averageMs: 700, p95Ms: 1_800 }), endpoint('/slowest', { averageMs: 2_600, p95Ms: 4_000 }), endpoint('/fine')],
        sampleOf: (id) => ({ id: `sample of ${id}` }) as RequestSummary,
      }),
    );
    expect(findings.map(({ severity, title }) => `${severity}: ${title}`)).toEqual([
      'high: GET /slowest takes 2600 ms on average, 4000 ms at p95',
      'medium: GET /slow takes 700 ms on average, 1800 ms at p95',
    ]);
    expect(findings[0]).toMatchObject({
      kind: 'slowEndpoint',
      why: '70 % of its time is spent in the database.',
      advice: expect.stringContaining('plan'),
      endpoint: 'GET~slowest',
      sample: 'sample of GET~slowest',
      evidence: expect.arrayContaining([
        { name: 'average', value: 2_600, unit: 'ms' },
        { name: 'database time', value: 0.7, unit: 's' },
      ]),
    });
    expect(summary).toBe(findings[0]?.title);
  });

  it('M10 names the seam that the time goes to', () => {
    for (const [seam, words] of Object.entries({
      queue: 'waiting for its turn',
      cache: 'in the cache',
      external: 'waiting for other services',
      own: 'in its own code',
    })) {
      const busySeconds = { queue: 0, cache: 0, database: 1, external: 0, own: 0, [seam]: 9 };
      expect(makeReport(input({ endpoints: [endpoint('/x', { averageMs: 900, busySeconds })] })).findings[0]?.why).toBe(`90 % of its time is spent ${words}.`);
    }
  });

  it('M10 tells of slow and of frequent statements, with different advice', () => {
    const database = {
      present: true,
      server: null,
      pool: null,
      statements: [statement('select slow', 300, 20, 0.6), statement('select often, short', 0.4, 10_000, 0.4)],
    };
    const { findings } = makeReport(input({ database }));
    expect(findings.map(({ severity, statement: text, advice }) => [severity, text, advice.split(':')[0]?.slice(0, 20)])).toEqual([
      ['medium', 'select slow', 'Look at its plan wit'],
      ['low', 'select often, short', 'Each call is short'],
    ]);
  });

  it('M10 tells of failing endpoints, low hit rates, waits for connections and a late event loop', () => {
    const { findings } = makeReport(
      input({
        endpoints: [endpoint('/broken', { errors: 20, errorRatio: 0.2 })],
        cache: {
          ...{ present: true, hitRatio: 0.5, tiers: [] },
          entities: [
            {
              ...{ entity: 'product', hitRatio: 0.5, hits: [{ tier: 'memory', count: 500 }], staleHits: 0, misses: 500, loads: 500, loadFailures: 0 },
              ...{ averageLoadMs: 4, invalidations: 90, savedSecondsPerSecond: 0.1 },
            },
          ],
        },
        database: {
          ...{ present: true, server: null, statements: [] },
          pool: {
            min: 1,
            max: 20,
            open: 20,
            idle: 0,
            busy: 20,
            connecting: 0,
            waiting: 7,
            waitP95Ms: 80,
            acquired: 9,
            refused: 3,
            connectionErrors: 0,
            cancelled: 0,
          },
        },
        process: { ...input().process, eventLoopDelayP99Ms: 240, eventLoopUtilisationRatio: 0.97, gcRatio: 0.1 },
      }),
    );
    expect(findings.map(({ kind, severity }) => `${kind} ${severity}`)).toEqual([
      'lowHitRate critical',
      'poolWaits high',
      'failingEndpoint high',
      'eventLoop medium',
    ]);
    for (const { evidence, why, advice } of findings) {
      expect(evidence.length).toBeGreaterThan(1);
      expect([why, advice].every((words) => words.length > 20)).toBe(true);
    }
  });

  it('M10 says so when all is well, with the figure nearest to its limit', () => {
    expect(makeReport(input({ endpoints: [endpoint('/fine')] }))).toMatchObject({
      summary: 'Nothing is past its limit. Nearest to it is responseTimeMs: 120 of 500.',
      findings: [],
    });
    expect(makeReport(input()).summary).toBe('No request in the last 15m.');
  });

  it('M10 makes no finding of a handful of requests', () => {
    expect(makeReport(input({ endpoints: [endpoint('/rare', { requests: 4, averageMs: 9_000, errorRatio: 1, errors: 4 })] })).findings).toEqual([]);
  });
});
