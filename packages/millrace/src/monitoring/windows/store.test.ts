import { describe, expect, it } from 'vitest';
import { RequestFigures } from '../../telemetry/index.ts';
import { type TestSystem, testSystem } from '../../testing/index.ts';
import { endpointsOf, newestPoint, overallOf, seriesOf } from '../figures/index.ts';
import { ranges, type SystemSlice, WindowStore } from './index.ts';

const quiet: SystemSlice = {
  ...{ hits: null, misses: null, statements: null, statementMs: null, slowStatements: null, connectionErrors: null },
  ...{ poolUsedRatio: null, cpuRatio: null, memoryRatio: null, loopDelayP99Ms: null },
};

interface World {
  readonly on: TestSystem;
  readonly requests: RequestFigures;
  readonly store: WindowStore;
  /** Lets seconds pass, each with these durations on one route. */
  seconds(count: number, durationsMs: readonly number[], route?: string, system?: Partial<SystemSlice>): Promise<void>;
}

function world(mostBytes = 32 << 20): World {
  const on = testSystem();
  const requests = new RequestFigures(on);
  const store = new WindowStore(on, requests, mostBytes);
  return {
    ...{ on, requests, store },
    async seconds(count, durationsMs, route = '/a', system = {}) {
      for (let second = 0; second < count; second++) {
        for (const ms of durationsMs) requests.record('GET', route, 200, ms);
        await on.clock.advance(1_000);
        store.look({ ...quiet, ...system });
      }
    },
  };
}

describe('WindowStore', () => {
  it('M4 tells average, percentiles, rates and errors of the last minute, not of all time', async () => {
    const { seconds, store, requests } = world();
    await seconds(30, [5_000]);
    await seconds(60, [10, 10, 10, 90]);
    requests.record('GET', '/late', 500, 1);
    const figures = overallOf(store, ranges['1m']);
    expect(figures).toMatchObject({ requests: 240, errors: 0, ratePerSecond: 4, ratePerMinute: 240, averageMs: 30, errorRatio: 0 });
    expect(figures.p50Ms).toBeCloseTo(10, 0);
    expect(figures.p95Ms).toBeCloseTo(90, 0);
    expect(figures.maxMs).toBeLessThan(91);
  });

  it('M4 merges histograms instead of averaging percentiles', async () => {
    const { seconds, store } = world();
    await seconds(
      59,
      Array.from({ length: 10 }, () => 1),
    );
    await seconds(
      1,
      Array.from({ length: 10 }, () => 1_000),
    );
    const { p95Ms, p99Ms } = overallOf(store, ranges['1m']);
    expect(p95Ms).toBeCloseTo(1, 1); // 10 of 600 are slow: an average of the seconds would say 17.6
    expect((p99Ms as number) / 1_000).toBeCloseTo(1, 1);
  });

  it('M4 tells each endpoint apart, by total time, and its share of it', async () => {
    const { seconds, store, requests } = world();
    await seconds(10, [10], '/cheap');
    await seconds(10, [90], '/dear');
    expect(
      endpointsOf(store, requests, ranges['1m']).map(({ route, requests: count, timeRatio, ratePerSecond }) => [route, count, timeRatio, ratePerSecond]),
    ).toEqual([
      ['/dear', 10, 0.9, 0.5],
      ['/cheap', 10, 0.1, 0.5],
    ]);
  });

  it('M4 leaves out endpoints that had no request in the range', async () => {
    const { seconds, store, requests } = world();
    await seconds(5, [10], '/early');
    await seconds(61, [10], '/now');
    expect(endpointsOf(store, requests, ranges['1m']).map(({ route }) => route)).toEqual(['/now']);
    expect(endpointsOf(store, requests, ranges['5m'])).toHaveLength(2);
  });

  it('M4 a gap stays a gap: what a stall left out is not drawn, its figures speak for the whole time', async () => {
    const { seconds, store, on, requests } = world();
    await seconds(3, [10]);
    for (let one = 0; one < 8; one++) requests.record('GET', '/a', 200, 10);
    await on.clock.advance(4_000);
    store.look(quiet);
    expect(newestPoint(store)).toBeUndefined();
    await seconds(1, [10]);
    const { ratePerSecond } = seriesOf(store, ranges['1m']);
    expect(ratePerSecond.slice(-8)).toEqual([1, 1, 1, null, null, null, 2, 1]);
    expect(overallOf(store, ranges['1m']).ratePerSecond).toBe(1.5);
    expect(newestPoint(store)?.ratePerSecond).toBe(1);
  });

  it('M4 a second without requests is zero, a second before the start is nothing', async () => {
    const { seconds, store } = world();
    await seconds(2, []);
    const { ratePerSecond, p95Ms } = seriesOf(store, ranges['1m']);
    expect(ratePerSecond.slice(-3)).toEqual([null, 0, 0]);
    expect(p95Ms.slice(-2)).toEqual([null, null]);
  });

  it('M4 keeps minutes for a day, made of their seconds, percentiles included', async () => {
    const { seconds, store } = world();
    await seconds(20 * 60 + 30, [10, 10, 10, 100]);
    const hour = overallOf(store, ranges['1h']);
    expect(hour).toMatchObject({ requests: 20 * 240, ratePerSecond: 4 });
    expect((hour.p95Ms as number) / 100).toBeCloseTo(1, 2);
    expect(hour.p50Ms).toBeCloseTo(10, 0);
    const { ratePerSecond, heat, p99Ms } = seriesOf(store, ranges['1h']);
    expect(ratePerSecond.filter((value) => value !== null)).toHaveLength(20);
    expect(p99Ms.at(-1)).not.toBeNull();
    expect(heat.columns.at(-1)?.reduce((sum, count) => sum + count, 0)).toBe(240);
    expect(overallOf(store, ranges['15m']).requests).toBe(900 * 4);
  });

  it('M4 counts each request in one row of the heat map', async () => {
    const { seconds, store } = world();
    await seconds(1, [0.05, 1.2, 40, 40, 700_000]);
    const { edgesMs, columns } = seriesOf(store, ranges['1m']).heat;
    const rows = columns.at(-1) as readonly number[];
    const rowOf = (ms: number): number => edgesMs.findIndex((edge) => ms <= edge);
    expect([rows[rowOf(0.05)], rows[rowOf(1.2)], rows[rowOf(40)], rows.at(-1)]).toEqual([1, 1, 2, 1]);
    expect(rows.reduce((sum, count) => sum + count, 0)).toBe(5);
  });

  it('M4 adds counts up, averages levels, and of the delay keeps the worst', async () => {
    const { seconds, store } = world();
    await seconds(1, [], '/a', { hits: 8, misses: 2, cpuRatio: 0.2, loopDelayP99Ms: 5 });
    await seconds(1, [], '/a', { hits: 0, misses: 10, cpuRatio: 0.4, loopDelayP99Ms: 50 });
    const merged = store.systemOf(1_000, ...store.stepsOf(ranges['1m']));
    expect(merged).toMatchObject({ hits: 8, misses: 12, loopDelayP99Ms: 50, statements: null });
    expect(merged.cpuRatio).toBeCloseTo(0.3);
    expect(seriesOf(store, ranges['1m']).cacheHitRatio.slice(-2)).toEqual([0.8, 0]);
  });

  it('M4 a jump of the wall clock moves the axis and loses nothing', async () => {
    const { seconds, store, on } = world();
    await seconds(3, [10]);
    on.clock.jumpWall(3_600_000);
    await seconds(2, [10]);
    expect(overallOf(store, ranges['1m']).requests).toBe(5);
    expect(seriesOf(store, ranges['1m']).timesMs.at(-1)).toBe(on.clock.wallMs() - 1_000);
  });

  it('M4 stays within its memory: endpoints then reach less far back, the whole does not', async () => {
    const { seconds, store } = world(3_000);
    for (let minute = 0; minute < 12; minute++) await seconds(60, minute % 2 ? [1, 20, 400] : [3, 60, 900], '/a');
    expect(store.kept.endpointMinutes).toBeLessThan(1_440);
    expect(overallOf(store, ranges['1h']).requests).toBe(12 * 180);
  });
});
