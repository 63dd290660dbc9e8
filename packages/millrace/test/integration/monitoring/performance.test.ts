import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { createMillrace, type Millrace } from 'millrace';
import { millraceFastify, millraceServer } from 'millrace/fastify';
import type { Alert, AlertList, DatabaseStats, EndpointDetail, HealthDetail, Metrics, Problem, Report, RequestSample, Series } from 'millrace/monitoring';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';

interface Row {
  readonly id: number;
}

const schema = `monitoring_${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), 'millrace-monitoring-'));
const apiKey = 'a-key-for-this-test-only';
let millrace: Millrace;
let app: FastifyInstance;
let url: string;

/** Waits for something that the next whole second brings about; gives up with the last answer after 10 s. */
async function until<Answer>(ask: () => Promise<Answer>, holds: (answer: Answer) => boolean): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    const answer = await ask();
    if (holds(answer) || tries === 100) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const get = async <Answer>(path: string): Promise<Answer> => (await (await fetch(url + path)).json()) as Answer;
const json = { 'content-type': 'application/json' };

beforeAll(async () => {
  millrace = await createMillrace(
    { databaseUrl: inject('databaseUrl') },
    { env: { PERF_RESPONSE_TIME_MS: '40', MILLRACE_HTTP_API_KEYS: apiKey }, directory: folder },
  );
  await millrace.executeQuery(`create schema ${schema}`);
  await millrace.executeQuery(`create table ${schema}.products as select n as id from generate_series(1, 50) n`);
  const product = millrace.cache.entity(
    'product',
    (ids: readonly number[], call) => millrace.database.query<Row>(`select id from ${schema}.products where id = any($1)`, [ids], call),
    {
      key: (row) => row.id,
      ttl: '1h',
    },
  );
  app = fastify(millraceServer());
  await app.register(millraceFastify, { millrace });
  app.get('/products/:id', async (request) => product.get(Number((request.params as { id: string }).id)));
  app.get('/slow', async () => millrace.executeQuery('select pg_sleep(0.08)'));
  app.get('/broken', async () => {
    throw new Error('broken on purpose');
  });
  url = await app.listen({ port: 0, host: '127.0.0.1' });
});

afterAll(async () => {
  await app.close();
  await millrace.executeQuery(`drop schema ${schema} cascade`);
  await millrace.stop();
  rmSync(folder, { recursive: true });
});

it('M4 M7 shows the figures of real requests, overall and per endpoint, and not those of whoever looks', async () => {
  for (let round = 0; round < 20; round++) await fetch(`${url}/products/7`);
  for (let round = 0; round < 5; round++) await fetch(`${url}/slow`);
  for (let round = 0; round < 5; round++) await fetch(`${url}/broken`);
  const metrics = await until(
    () => get<Metrics>('/performance/metrics'),
    ({ overall }) => overall.requests === 30,
  );
  expect(metrics.overall).toMatchObject({ requests: 30, errors: 5 });
  expect(metrics.overall.p99Ms).toBeGreaterThanOrEqual(80);
  expect(metrics.endpoints.map(({ id, requests }) => [id, requests])).toEqual(
    expect.arrayContaining([
      ['GET~products~:id', 20],
      ['GET~slow', 5],
      ['GET~broken', 5],
    ]),
  );
  expect(metrics.endpoints[0]).toMatchObject({ id: 'GET~slow', busySeconds: { database: expect.closeTo(0.4, 0) } });
  expect(metrics.endpoints.some(({ route }) => route.startsWith('/performance'))).toBe(false);
  expect(metrics.process.residentBytes).toBeGreaterThan(1_000_000);
  expect(metrics.cache).toMatchObject({ hits: 19, misses: 1, hitRatio: 0.95 });
  expect(metrics.database?.statements).toBeGreaterThan(0);
  expect(await get<Metrics>('/api/v1/performance/metrics')).toMatchObject({ overall: { requests: 30 } });
});

it('M4 H6 leads from the slow endpoint to one request and the seam it waited at', async () => {
  const { samples } = await get<EndpointDetail>('/performance/endpoints/GET~slow');
  expect(samples[0]).toMatchObject({ reason: 'slow', status: 200 });
  const sample = await get<RequestSample>(`/performance/requests/${samples[0]?.id}`);
  expect(sample.spentMs.database).toBeGreaterThan(sample.durationMs / 2);
  expect(sample.steps.some(({ seam, name }) => seam === 'database' && name.includes('pg_sleep'))).toBe(true);
  expect(Object.values(sample.spentMs).reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(sample.durationMs, 1);
});

it('M1 M7 gives Prometheus text under all its paths, with the names of the source documents', async () => {
  const asked = await Promise.all(
    ['/metrics', '/performance/metrics', '/api/v1/performance/metrics', '/performance/metrics/text'].map((path) =>
      fetch(url + path, { headers: { accept: 'text/plain' } }),
    ),
  );
  for (const answer of asked) {
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await answer.text();
    for (const start of [
      'http_request_duration_seconds_bucket{method="GET",route="/products/:id",status_code="200",le="0.001"}',
      'http_requests_total{method="GET",route="/products/:id"} 20',
      'http_requests_per_second ',
      'db_connections{type="',
      'cache_hits_total{',
      'cache_misses_total{',
      'cache_hit_rate{',
      'millrace_process_cpu_seconds_total ',
      'millrace_dependency_up{dependency="postgresql"} 1',
    ])
      expect(text).toContain(`\n${start}`);
  }
});

it('M8 probes need no key and no dependency; the detail names each', async () => {
  expect((await fetch(`${url}/performance/health/live`)).status).toBe(200);
  expect((await fetch(`${url}/performance/health/ready`)).status).toBe(200);
  const detail = await get<HealthDetail>('/performance/health');
  expect(detail).toMatchObject({ state: 'up', readiness: { ready: true, phase: 'running' } });
  expect(detail.dependencies.map(({ name, state }) => [name, state])).toEqual([
    ['postgresql', 'up'],
    ['changes', 'up'],
  ]);
});

it('M10 M7 reports the slow endpoint with its evidence', async () => {
  const { findings } = await get<Report>('/performance/report');
  const slow = findings.find(({ endpoint }) => endpoint === 'GET~slow');
  expect(slow).toMatchObject({ kind: 'slowEndpoint', severity: 'high', why: expect.stringContaining('in the database'), sample: expect.any(String) });
  expect(slow?.evidence.find(({ name }) => name === 'average')?.value).toBeGreaterThan(79);
  expect(findings.find(({ kind }) => kind === 'failingEndpoint')).toMatchObject({ endpoint: 'GET~broken', severity: 'high' });
});

it('M7 shows pool and statements without any value of theirs', async () => {
  await millrace.executeQuery("select 'a-value-that-nobody-may-see', $1::text", ['another-one']);
  const stats = await get<DatabaseStats>('/performance/database/stats');
  expect(stats.pool).toMatchObject({ max: 20, waiting: 0 });
  expect(stats.statements.some(({ text }) => text.includes('pg_sleep'))).toBe(true);
  expect(JSON.stringify(stats)).not.toMatch(/a-value-that-nobody-may-see|another-one/);
});

it('M4 streams the live figures: a snapshot, then a tick a second, resumable', async () => {
  const { signal, abort } = withAbort();
  const stream = await fetch(`${url}/performance/events`, { signal });
  expect(stream.headers.get('content-type')).toContain('text/event-stream');
  const seen = await firstEvents(stream, 3);
  abort();
  expect(seen.map(({ event }) => event)).toEqual(['snapshot', 'tick', 'tick']);
  const again = withAbort();
  const [next] = await firstEvents(await fetch(`${url}/performance/events`, { headers: { 'last-event-id': seen[1]?.id as string }, signal: again.signal }), 1);
  again.abort();
  expect(next).toMatchObject({ event: 'tick', id: seen[2]?.id });
});

it('M5 M7 guards what changes state, and takes a change that is allowed', async () => {
  const put = (headers: Record<string, string>, body: unknown = { thresholds: { cpuUsagePercent: { limit: 95 } } }): Promise<Response> =>
    fetch(`${url}/performance/thresholds`, { method: 'PUT', headers, body: JSON.stringify(body) });
  expect((await put({ ...json, origin: 'http://evil.example' })).status).toBe(403);
  expect((await put({ 'content-type': 'text/plain' })).status).toBe(415);
  expect((await put({ ...json, 'x-forwarded-for': '203.0.113.7' })).status).toBe(401);
  expect((await put({ ...json, 'x-forwarded-for': '203.0.113.7', authorization: `Bearer ${apiKey}` })).status).toBe(200);
  const wrong = await put(json, { thresholds: { cpuUsagePercent: { limit: 195 } } });
  expect([wrong.status, wrong.headers.get('content-type')]).toEqual([400, expect.stringContaining('application/problem+json')]);
  expect(((await wrong.json()) as Problem).errors?.map(({ field }) => field)).toEqual(['thresholds.cpuUsagePercent.limit']);
  expect((await put(json)).status).toBe(200);
});

it('M5 calls when real requests are too slow for long enough, and can be resolved', async () => {
  await fetch(`${url}/performance/thresholds`, {
    method: 'PUT',
    headers: json,
    body: JSON.stringify({ thresholds: { responseTimeMs: { limit: 1, forMs: 0 } } }),
  });
  const heard: Alert[] = [];
  millrace.monitoring.on('alert', (alert) => heard.push(alert));
  await fetch(`${url}/slow`);
  const isOpen = ({ open }: AlertList): boolean => open.some(({ threshold }) => threshold === 'responseTimeMs');
  const { open } = await until(() => get<AlertList>('/performance/alerts'), isOpen);
  const alert = open.find(({ threshold }) => threshold === 'responseTimeMs');
  expect(alert).toMatchObject({ severity: 'high', state: 'open', endpoint: 'GET~slow' });
  expect(heard.map(({ id }) => id)).toContain(alert?.id);
  const resolved = await fetch(`${url}/performance/alerts/${alert?.id}/resolve`, { method: 'POST', headers: json, body: '{}' });
  expect([resolved.status, ((await resolved.json()) as Alert).state]).toEqual([200, 'resolved']);
});

it('M7 what belongs to later parts, and what never was, is 404 as a problem', async () => {
  for (const [method, path] of [
    ['POST', '/performance/backup'],
    ['POST', '/api/v1/performance/reset-circuit-breakers'],
    ['GET', '/performance/nonsense'],
  ] as const) {
    const answer = await fetch(url + path, { method, headers: json, body: method === 'POST' ? '{}' : null });
    expect([path, answer.status, ((await answer.json()) as Problem).code]).toEqual([path, 404, 'MILLRACE_PERFORMANCE_NOT_FOUND']);
  }
});

it('M4 draws the last minutes with gaps where nothing was measured', async () => {
  const series = await get<Series>('/performance/series?range=15m');
  expect(series.timesMs).toHaveLength(180);
  expect(series.ratePerSecond[0]).toBeNull();
  expect(series.heat.columns.flatMap((column) => column ?? []).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(30);
});

it('X7 serves pages under a strict policy, and no path out of their folder', async () => {
  const page = await fetch(`${url}/performance/ui/endpoints/x`);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect((await page.text()).length).toBeGreaterThan(50);
  for (const path of ['/performance/ui/..%2f..%2fpackage.json', '/performance/ui/%2e%2e/%2e%2e/package.json'])
    expect((await fetch(url + path)).status).toBe(404);
});

function withAbort(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

interface Seen {
  readonly id: string | undefined;
  readonly event: string | undefined;
}

async function firstEvents(stream: Response, count: number): Promise<Seen[]> {
  const seen: Seen[] = [];
  let text = '';
  const decoder = new TextDecoder();
  const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
  while (seen.length < count) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() as string;
    for (const block of blocks) {
      const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      if (field('event') === 'snapshot' || field('event') === 'tick') seen.push({ id: field('id'), event: field('event') });
    }
  }
  return seen.slice(0, count);
}
