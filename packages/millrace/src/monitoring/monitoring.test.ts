import { describe, expect, it } from 'vitest';
import type { EndpointResponse } from '../kernel/index.ts';
import { createLogger, type LogLine, ProcessFigures, type ProcessProbe, RequestFigures } from '../telemetry/index.ts';
import { contextFor, RecordedEvents, type TestSystem, testSystem } from '../testing/index.ts';
import type { Alert, EndpointDetail, Metrics, Problem, RequestSample, Snapshot, Tick } from './api/schema.ts';
import type { MonitoringEvents } from './events.ts';
import { type CacheReading, createMonitoring, type DatabaseReading, type Monitoring, type MonitoringOptions } from './index.ts';

const idle: ProcessProbe = {
  ...{ processors: 1, memoryLimitBytes: 1_000, heapLimitBytes: 1_000, open: () => {}, close: () => {} },
  read: () => ({
    ...{
      cpuSecondsTotal: 0,
      loopActiveMsTotal: 0,
      loopIdleMsTotal: 0,
      gcSecondsTotal: 0,
      residentBytes: 100,
      heapUsedBytes: 50,
      loopDelayP99Ms: 1,
      loopDelayMaxMs: 2,
    },
  }),
};

const cacheReading: CacheReading = {
  entities: [{ entity: 'product', hits: [{ tier: 'memory', count: 0 }], staleHits: 0, misses: 0, loads: 0, loadFailures: 0, loadSeconds: 0, invalidations: 0 }],
  tiers: [{ tier: 'memory', hits: 0, misses: 0, evictions: 0, entries: 3, sizeBytes: 1_234, limitBytes: 9_999 }],
};
const databaseReading: DatabaseReading = {
  ...{ server: '18.4', calls: 0, totalMs: 0, slow: 0 },
  pool: {
    min: 1,
    max: 10,
    open: 5,
    idle: 3,
    busy: 2,
    connecting: 0,
    waiting: 0,
    waitP95Ms: Number.NaN,
    acquired: 9,
    refused: 0,
    connectionErrors: 0,
    cancelled: 0,
  },
};

interface World {
  readonly on: TestSystem;
  readonly monitoring: Monitoring;
  readonly requests: RequestFigures;
  readonly events: RecordedEvents<MonitoringEvents>;
  readonly lines: LogLine[];
  /** What the sources say. */
  readonly says: { cache: () => CacheReading; database: DatabaseReading };
  request(ms: number, status?: number, id?: string): Promise<void>;
  ask(method: string, path: string, headers?: Record<string, string>, body?: unknown): Promise<EndpointResponse>;
  get<Answer>(path: string): Promise<Answer>;
}

async function world(options: MonitoringOptions = {}): Promise<World> {
  const on = testSystem();
  const requests = new RequestFigures(on);
  const events = new RecordedEvents<MonitoringEvents>();
  const lines: LogLine[] = [];
  const process = new ProcessFigures(on.clock, idle);
  const says = { cache: () => cacheReading, database: databaseReading };
  const one: World = {
    ...{ on, requests, events, lines, says },
    monitoring: createMonitoring(
      options,
      {
        ...{ requests, process, events, logger: createLogger({ clock: on.clock, sink: (line) => lines.push(line) }) },
        cache: { read: () => says.cache() },
        database: { read: () => says.database, statements: () => [] },
      },
      on,
    ),
    async request(ms, status = 200, id = 'c') {
      const watched = requests.begin('GET', '/products/:id');
      const step = watched.begin('database', 'select product', -1);
      await on.clock.advance(ms);
      watched.end(step, 'ok');
      requests.finish(watched, { status }, { correlationId: id, traceId: 't' });
    },
    ask(method, path, headers = {}, body = undefined) {
      const [below = '/', query = ''] = path.split('?');
      const request = { method, path: below, query: new URLSearchParams(query), headers: { host: 'localhost', ...headers }, remoteAddress: '127.0.0.1', body };
      return one.monitoring.endpoint(request, contextFor('performance', { correlationId: 'ask-1' }, on));
    },
    async get(path) {
      return JSON.parse(String((await one.ask('GET', path)).body));
    },
  };
  await one.monitoring.start();
  return one;
}

const problemOf = ({ body }: EndpointResponse): Problem => JSON.parse(String(body)) as Problem;
const eventOf = <Data>(text: string): Data => JSON.parse(/^data: (.*)$/m.exec(text)?.[1] as string) as Data;

describe('monitoring', () => {
  it('M4 M7 tells the figures of the last minute: overall, per endpoint, process, cache and database', async () => {
    const { get, request, on } = await world();
    for (let second = 0; second < 10; second++) {
      await request(100);
      await on.clock.advance(900);
    }
    const metrics = await get<Metrics>('/metrics');
    expect(metrics).toMatchObject({
      window: { range: '1m', seconds: 10 },
      overall: { requests: 10, ratePerSecond: 1, averageMs: 100, p50Ms: 100, p95Ms: 100, p99Ms: 100, busySeconds: { database: 1, own: 0 } },
      endpoints: [{ id: 'GET~products~:id', requests: 10, timeRatio: 1 }],
      process: { memoryRatio: 0.1, cpuRatio: null },
      cache: { hitRatio: null, sizeBytes: 1_234 },
      database: { poolUsedRatio: 0.2, waiting: 0 },
      inFlight: 0,
    });
  });

  it('M4 counts what cache and database did within the minute, and a source that begins anew', async () => {
    const { says, on, monitoring } = await world();
    const [entity] = cacheReading.entities as [CacheReading['entities'][number]];
    says.cache = () => ({ ...cacheReading, entities: [{ ...entity, hits: [{ tier: 'memory', count: 90 }], misses: 10 }] });
    says.database = { ...databaseReading, calls: 50, totalMs: 500, slow: 2 };
    await on.clock.advance(2_000);
    expect(monitoring.metrics()).toMatchObject({
      cache: { hits: 90, misses: 10, hitRatio: 0.9 },
      database: { statements: 50, averageMs: 10, slowStatements: 2 },
    });
    says.database = { ...databaseReading, calls: 5, totalMs: 5 };
    await on.clock.advance(1_000);
    expect(monitoring.metrics().database?.statements).toBe(55);
    await on.clock.advance(61_000);
    expect(monitoring.metrics()).toMatchObject({ cache: { hits: 0, hitRatio: null }, database: { statements: 0, averageMs: null } });
  });

  it('M7 answers JSON, and Prometheus text to whoever likes that better', async () => {
    const { ask } = await world();
    const type = async (accept: string): Promise<string | undefined> => (await ask('GET', '/metrics', accept === '' ? {} : { accept })).headers['content-type'];
    for (const accept of ['', '*/*', 'application/json', 'text/html,application/xhtml+xml,*/*;q=0.8', 'application/json, text/plain;q=0.5'])
      expect([accept, await type(accept)]).toEqual([accept, 'application/json; charset=utf-8']);
    for (const accept of [
      'text/plain',
      'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'text/plain, application/json;q=0.9',
    ])
      expect([accept, await type(accept)]).toEqual([accept, 'text/plain; version=0.0.4; charset=utf-8']);
    expect((await ask('GET', '/metrics/text')).headers['content-type']).toContain('text/plain');
  });

  it('M7 M1 gives the text at /metrics too, with its prefix', async () => {
    const { monitoring, request, on } = await world({ metricsPrefix: 'chainsync_' });
    await request(5);
    const context = contextFor('metrics', {}, on);
    const asked = { method: 'GET', path: '/', query: new URLSearchParams(), headers: {}, remoteAddress: '10.0.0.1', body: undefined };
    expect(String((await monitoring.metricsEndpoint(asked, context)).body)).toContain('chainsync_http_requests_total{method="GET",route="/products/:id"} 1\n');
    expect(monitoring.mounts.map(({ prefix }) => prefix)).toEqual(['/performance', '/api/v1/performance', '/metrics']);
  });

  it('M4 H6 leads from the endpoint to one slow request and where its time went', async () => {
    const { get, request, on } = await world({ thresholds: { responseTimeMs: 50 } });
    await request(80, 200, 'slow-1');
    await on.clock.advance(1_000);
    const detail = await get<EndpointDetail>('/endpoints/GET~products~:id');
    expect(detail).toMatchObject({ endpoint: { requests: 1 }, samples: [{ id: 'slow-1', durationMs: 80, reason: 'slow' }] });
    expect(await get<RequestSample>(`/requests/${detail.samples[0]?.id}`)).toMatchObject({
      spentMs: { database: 80, own: 0 },
      steps: [{ seam: 'database', name: 'select product', durationMs: 80, outcome: 'ok' }],
    });
  });

  it('M7 says 404 of what is not there, 405 of the wrong method, 400 of a wrong value, each as a problem', async () => {
    const { ask } = await world();
    for (const path of [
      '/backup',
      '/reset-circuit-breakers',
      '/nothing',
      '/endpoints/GET~gone',
      '/requests/gone',
      '/series?endpoint=gone',
      '/alerts/x',
      `/${'x'.repeat(2_000)}`,
      '/requests/%E0%A4%A',
    ]) {
      const answer = await ask(path === '/backup' ? 'POST' : 'GET', path, { 'content-type': 'application/json' });
      expect([path, answer.status, answer.headers['content-type']]).toEqual([path, 404, 'application/problem+json']);
      expect(problemOf(answer)).toMatchObject({ type: 'about:blank', status: 404, code: 'MILLRACE_PERFORMANCE_NOT_FOUND', requestId: 'ask-1' });
    }
    expect(await ask('DELETE', '/thresholds')).toMatchObject({ status: 405, headers: { allow: 'GET, PUT' } });
    const wrong = await ask('GET', '/series?range=2m');
    expect([wrong.status, problemOf(wrong).errors]).toEqual([400, [{ field: 'range', in: 'query', message: 'must be one of 1m, 5m, 15m, 1h, 6h, 24h' }]]);
  });

  it('M7 answers HEAD without a body, and no answer may be cached', async () => {
    const { ask } = await world();
    const answer = await ask('HEAD', '/metrics');
    expect([answer.status, answer.body]).toEqual([200, undefined]);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    expect((await ask('HEAD', '/events')).body).toBeUndefined();
  });

  it('M5 M7 opens an alert, tells it in process, in the log and as an event, and lets it be resolved', async () => {
    const { monitoring, request, on, events, lines, ask } = await world({ thresholds: { responseTimeMs: 50 } });
    const heard: Alert[] = [];
    monitoring.on('alert', (alert) => heard.push(alert));
    for (let second = 0; second < 130; second++) {
      await request(100);
      await on.clock.advance(900);
    }
    const { open } = monitoring.alerts();
    expect(open).toMatchObject([{ threshold: 'responseTimeMs', severity: 'high', limit: 50, value: 100, endpoint: 'GET~products~:id' }]);
    expect(heard).toMatchObject([{ id: open[0]?.id, state: 'open' }]);
    expect(events.seen.map(([name]) => name)).toContain('monitoring.alert.opened');
    expect(lines).toMatchObject([{ level: 'warn', msg: 'Alert opened: Average response time is 100 ms, above its limit of 50 ms' }]);
    const path = `/alerts/${open[0]?.id}/resolve`;
    const json = { 'content-type': 'application/json' };
    expect((await ask('POST', path, { ...json, origin: 'http://evil.example' })).status).toBe(403);
    expect(await ask('POST', path, json, {})).toMatchObject({ status: 200, body: expect.stringContaining('"resolvedBy":"key"') });
    expect((await ask('POST', path, json, {})).status).toBe(409);
    expect(heard.at(-1)?.state).toBe('resolved');
  });

  it('M5 H6 a new response limit is also what makes a single request slow', async () => {
    const { ask, requests } = await world();
    const change = { thresholds: { responseTimeMs: { limit: 300 } } };
    expect((await ask('PUT', '/thresholds', { 'content-type': 'text/plain' }, change)).status).toBe(415);
    expect(requests.slowMs).toBe(2_000);
    expect((await ask('PUT', '/thresholds', { 'content-type': 'application/json' }, change)).status).toBe(200);
    expect(requests.slowMs).toBe(300);
  });

  it('M8 says live always, ready when it runs, and 503 while it does not', async () => {
    const { ask, monitoring } = await world();
    expect([(await ask('GET', '/health/live')).status, (await ask('GET', '/health/ready')).status]).toEqual([200, 503]);
    monitoring.health.phase = 'running';
    expect((await ask('GET', '/health/ready')).status).toBe(200);
    monitoring.health.phase = 'stopping';
    expect([(await ask('GET', '/health/live')).status, (await ask('GET', '/health/ready')).status, (await ask('GET', '/health')).status]).toEqual([
      200, 503, 200,
    ]);
  });

  it('M4 streams a snapshot and then each second what changed, and no more', async () => {
    const { ask, request, on } = await world();
    const stream = (await ask('GET', '/events')).body as AsyncIterable<string>;
    const events = stream[Symbol.asyncIterator]();
    expect(eventOf<Snapshot>((await events.next()).value).metrics.overall.requests).toBe(0);
    await on.clock.advance(1_000);
    expect(Object.keys(eventOf<Tick>((await events.next()).value))).toContain('process');
    await request(10);
    await on.clock.advance(990);
    const busy = eventOf<Tick>((await events.next()).value);
    expect(busy).toMatchObject({ point: { ratePerSecond: 1 }, overall: { requests: 1 }, endpoints: [{ id: 'GET~products~:id' }] });
    expect(Object.keys(busy)).not.toContain('process');
    await on.clock.advance(60_000);
    let tick = busy;
    for (let second = 0; second < 60; ) {
      const text = String((await events.next()).value);
      if (text.startsWith(':')) continue; // a heartbeat
      tick = eventOf<Tick>(text);
      second++;
    }
    expect(tick.goneEndpoints).toEqual(['GET~products~:id']);
    expect(tick.overall).toMatchObject({ requests: 0, p95Ms: null });
  });

  it('M4 one more reader makes the next tick whole, so that no reader keeps an old figure', async () => {
    const { ask, on, requests } = await world();
    const open = async (): Promise<AsyncIterator<string>> => ((await ask('GET', '/events')).body as AsyncIterable<string>)[Symbol.asyncIterator]();
    const first = await open();
    await first.next();
    await on.clock.advance(1_000);
    await first.next();
    const watched = requests.begin('GET', '/');
    const second = await open();
    expect(eventOf<Snapshot>((await second.next()).value).metrics.inFlight).toBe(1);
    requests.finish(watched, { status: 200 }, { correlationId: 'x', traceId: 't' });
    await on.clock.advance(1_000);
    expect(eventOf<Tick>((await second.next()).value).inFlight).toBe(0);
  });

  it('X7 refuses one stream too many with 503 and when to try again', async () => {
    const { ask } = await world({ streams: 1 });
    await ask('GET', '/events');
    const refused = await ask('GET', '/events');
    expect([refused.status, refused.headers['retry-after'], problemOf(refused).code]).toEqual([503, '5', 'MILLRACE_STREAMS_FULL']);
  });

  it('X6 a source that fails costs one look, and its words stay out of the answer', async () => {
    const { says, on, events, ask, lines, monitoring } = await world();
    says.cache = () => {
      throw new Error('postgres://app:canary-2@db is away');
    };
    await on.clock.advance(1_000);
    const answer = await ask('GET', '/cache');
    expect([answer.status, problemOf(answer).code]).toEqual([500, 'MILLRACE_PERFORMANCE_FAILED']);
    expect(JSON.stringify([answer, lines])).not.toContain('canary-2');
    expect(events.seen.map(([name, event]) => `${name} ${(event as { part?: string }).part}`)).toEqual([
      'monitoring.look.failed look',
      'monitoring.look.failed endpoint',
    ]);
    says.cache = () => cacheReading;
    await on.clock.advance(1_000);
    expect(monitoring.metrics().window.seconds).toBe(2);
  });

  it('stops twice, leaves no timer behind, and says good-bye to its readers', async () => {
    const { monitoring, on, ask } = await world();
    const events = ((await ask('GET', '/events')).body as AsyncIterable<string>)[Symbol.asyncIterator]();
    await events.next();
    await monitoring.stop();
    await monitoring.stop();
    expect(String((await events.next()).value)).toContain('event: bye');
    expect(on.clock.pending).toBe(0);
  });

  it('names every option that is wrong', () => {
    const on = testSystem();
    const sources = { requests: new RequestFigures(on), process: new ProcessFigures(on.clock, idle) };
    expect(() => createMonitoring({ streams: 0, metricsPrefix: 'a-b' }, sources, on)).toThrow(/monitoring\.metricsPrefix[\s\S]*monitoring\.streams/);
  });
});
