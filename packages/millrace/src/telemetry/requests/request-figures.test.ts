import { describe, expect, it } from 'vitest';
import { testSystem } from '../../testing/index.ts';
import { prometheusText } from '../prometheus/index.ts';
import { RequestFigures, type WatchedRequest } from './index.ts';

const ids = (id: string): { correlationId: string; traceId: string } => ({ correlationId: id, traceId: 't' });

async function request(
  figures: RequestFigures,
  on: ReturnType<typeof testSystem>,
  id: string,
  ms: number,
  status = 200,
  route = '/products/:id',
): Promise<WatchedRequest> {
  const watched = figures.begin('GET', route);
  await on.clock.advance(ms);
  figures.finish(watched, { status }, ids(id));
  return watched;
}

describe('RequestFigures', () => {
  it('M4 counts per endpoint how many, how long, with which answer and how many are on their way', async () => {
    const on = testSystem();
    const figures = new RequestFigures(on);
    await request(figures, on, 'a', 20);
    await request(figures, on, 'b', 40, 503);
    const open = figures.begin('GET', '/products/:id');
    const endpoint = figures.endpoint('GET~products~:id');
    expect(endpoint).toMatchObject({ method: 'GET', route: '/products/:id', requests: 2, errors: 1, inFlight: 1 });
    expect([...(endpoint?.classes ?? [])]).toEqual([0, 1, 0, 0, 1]);
    expect(endpoint?.total().mean).toBe(30_000);
    figures.finish(open, { status: 200 }, ids('c'));
    expect(figures.inFlight).toBe(0);
  });

  it('H6 says of each request where its time went, and whether it was slow', async () => {
    const on = testSystem();
    const figures = new RequestFigures(on, { slow: '100ms' });
    const watched = figures.begin('GET', '/products/:id');
    const step = watched.begin('cache', 'product', -1);
    const inner = watched.begin('database', 'select product', step);
    await on.clock.advance(90);
    watched.end(inner, 'ok');
    await on.clock.advance(10);
    watched.end(step, 'miss');
    await on.clock.advance(50);
    const finished = figures.finish(watched, { status: 200 }, ids('slow-1'));
    expect(finished).toEqual({ durationMs: 150, isSlow: true, isFailed: false, spentMs: { queue: 0, cache: 10, database: 90, external: 0, own: 50 } });
    expect(figures.sample('slow-1')).toMatchObject({
      reason: 'slow',
      endpoint: 'GET~products~:id',
      spentMs: { cache: 10, database: 90, own: 50 },
      steps: [
        { number: 0, parent: -1, seam: 'cache', name: 'product', startMs: 0, durationMs: 100, ownMs: 10, outcome: 'miss' },
        { number: 1, parent: 0, seam: 'database', startMs: 0, durationMs: 90, ownMs: 90, outcome: 'ok' },
      ],
    });
  });

  it('H6 a route may have its own idea of slow, and the limit can be changed while it runs', async () => {
    const on = testSystem();
    const figures = new RequestFigures(on);
    const slow = async (ms: number, slowMs?: number): Promise<boolean> => {
      const watched = figures.begin('GET', '/');
      await on.clock.advance(ms);
      return figures.finish(watched, { status: 200, slowMs }, ids('x')).isSlow;
    };
    expect([await slow(1_999), await slow(2_001), await slow(60, 50)]).toEqual([false, true, true]);
    figures.slowMs = 10;
    expect(await slow(11)).toBe(true);
  });

  it('M1 counts what a client makes up as other, and never holds more endpoints than it may', async () => {
    const on = testSystem();
    const figures = new RequestFigures(on, { endpoints: 5 });
    figures.record('BREW', undefined, 404, 1);
    for (let route = 0; route < 100; route++) figures.record('GET', `/made/up/${route}`, 200, 1);
    const labels = [...figures.endpoints].map(({ method, route }) => `${method} ${route}`);
    expect(labels).toHaveLength(5);
    expect(labels[0]).toBe('other other');
    expect(figures.endpoint('otherother')?.requests).toBe(97);
  });

  it('M4 a request that ends twice counts once', async () => {
    const on = testSystem();
    const figures = new RequestFigures(on);
    const watched = await request(figures, on, 'a', 5);
    figures.finish(watched, { status: 500 }, ids('a'));
    expect(figures.endpoint('GET~products~:id')).toMatchObject({ requests: 1, errors: 0, inFlight: 0 });
  });

  it('M1 tells the rate over the last ten whole seconds', async () => {
    const on = testSystem();
    const figures = new RequestFigures(on);
    expect(figures.ratePerSecond()).toBe(0);
    for (let second = 0; second < 20; second++) {
      for (let one = 0; one < 4; one++) figures.record('GET', '/', 200, 1);
      await on.clock.advance(1_000);
    }
    expect(figures.ratePerSecond()).toBe(4);
    await on.clock.advance(5_000);
    expect(figures.ratePerSecond()).toBe(2);
    await on.clock.advance(60_000);
    expect(figures.ratePerSecond()).toBe(0);
  });

  it('M1 has the metrics of the source documents under their names and labels', async () => {
    const on = testSystem();
    const figures = new RequestFigures(on);
    await request(figures, on, 'a', 30);
    const text = prometheusText([figures]);
    expect(text).toContain('http_request_duration_seconds_bucket{method="GET",route="/products/:id",status_code="200",le="0.05"} 1\n');
    expect(text).toContain('http_request_duration_seconds_bucket{method="GET",route="/products/:id",status_code="200",le="0.025"} 0\n');
    for (const bound of ['0.1', '0.5', '1', '2', '5', '10', '+Inf']) expect(text).toContain(`le="${bound}"} 1\n`);
    expect(text).toContain('http_requests_total{method="GET",route="/products/:id"} 1\n');
    expect(text).toContain('# TYPE http_requests_per_second gauge\n');
    expect(prometheusText([figures], 'chainsync_')).toContain('\nchainsync_http_requests_total{');
  });

  describe('kept requests', () => {
    it('M4 keeps the slow and the failed, and the slowest ordinary one of each half minute', async () => {
      const on = testSystem();
      const figures = new RequestFigures(on, { slow: '100ms' });
      await request(figures, on, 'plain', 10);
      await request(figures, on, 'slower', 20);
      await request(figures, on, 'quick', 5);
      await request(figures, on, 'failed', 5, 500);
      await request(figures, on, 'slow', 200);
      await on.clock.advance(30_000);
      await request(figures, on, 'later', 1);
      expect(figures.samplesOf('GET~products~:id').map(({ id, reason }) => `${id} ${reason}`)).toEqual([
        'slow slow',
        'slower ordinary',
        'failed failed',
        'later ordinary',
      ]);
    });

    it('M4 forgets them after their keeping time', async () => {
      const on = testSystem();
      const figures = new RequestFigures(on, { keepSamples: '1m' });
      await request(figures, on, 'a', 10, 500);
      await on.clock.advance(59_000);
      expect(figures.sample('a')?.id).toBe('a');
      await on.clock.advance(2_000);
      expect(figures.sample('a')).toBeUndefined();
    });

    it('M4 stays bounded however many requests fail, the newest staying', async () => {
      const on = testSystem();
      const figures = new RequestFigures(on);
      for (let one = 0; one < 100; one++) await request(figures, on, `f${one}`, 1, 500);
      const kept = figures.samplesOf('GET~products~:id');
      expect(kept).toHaveLength(20);
      expect(figures.sample('f99')?.id).toBe('f99');
      expect(figures.sample('f0')).toBeUndefined();
    });

    it('keeps the newer of two requests with the same correlation id', async () => {
      const on = testSystem();
      const figures = new RequestFigures(on);
      await request(figures, on, 'same', 5, 500);
      await request(figures, on, 'same', 9, 502);
      expect(figures.samplesOf('GET~products~:id')).toHaveLength(1);
      expect(figures.sample('same')?.status).toBe(502);
    });
  });

  describe('the recorder of a request', () => {
    it('H6 keeps 200 steps, counts the rest, and goes on', async () => {
      const on = testSystem();
      const figures = new RequestFigures(on);
      const watched = figures.begin('GET', '/');
      for (let step = 0; step < 250; step++) watched.end(watched.begin('database', `s${step}`, -1), 'ok');
      await on.clock.advance(1);
      figures.finish(watched, { status: 500 }, ids('many'));
      expect(figures.sample('many')).toMatchObject({ droppedSteps: 50 });
      expect(figures.sample('many')?.steps).toHaveLength(200);
    });

    it('H6 late work of a finished request writes into no other request', async () => {
      const on = testSystem();
      const figures = new RequestFigures(on);
      const first = figures.begin('GET', '/');
      const step = first.begin('cache', 'refresh', -1);
      figures.finish(first, { status: 500 }, ids('first'));
      const second = figures.begin('GET', '/');
      second.begin('database', 'select', -1);
      first.end(step, 'error');
      expect(first.begin('external', 'late', -1)).toBe(-1);
      figures.finish(second, { status: 500 }, ids('second'));
      expect(figures.sample('first')?.steps).toMatchObject([{ name: 'refresh', outcome: 'open' }]);
      expect(figures.sample('second')?.steps).toMatchObject([{ name: 'select', outcome: 'open' }]);
    });

    it('bounds names and notes, and ends a step once', async () => {
      const on = testSystem();
      const figures = new RequestFigures(on);
      const watched = figures.begin('GET', '/');
      const step = watched.begin('database', 'n'.repeat(500), 7);
      watched.end(step, 'ok', 'x'.repeat(500));
      watched.end(step, 'error', 'again');
      figures.finish(watched, { status: 500 }, ids('a'));
      const [only] = figures.sample('a')?.steps ?? [];
      expect(only).toMatchObject({ parent: -1, outcome: 'ok' });
      expect([only?.name.length, only?.note.length]).toEqual([200, 200]);
    });
  });

  it('names every option that is wrong', () => {
    expect(() => new RequestFigures(testSystem(), { slow: '0ms', endpoints: 0 })).toThrow(/telemetry\.requests\.slow[\s\S]*telemetry\.requests\.endpoints/);
  });
});
