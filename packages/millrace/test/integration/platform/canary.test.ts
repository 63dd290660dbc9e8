import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { inspect } from 'node:util';
import fastify from 'fastify';
import { createMillrace, type Millrace } from 'millrace';
import { millraceFastify, millraceServer } from 'millrace/fastify';
import { CanaryScan } from 'millrace/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';

/*
 * Secrets are planted wherever real ones would be, everything is made to fail that can fail, and then all that came out is searched. What a
 * client sent may come back to that client; it may not stand in a log, a figure or a performance page, where others read it.
 */

const password = 'canary-password-8f3a/x';
const apiKey = 'canary-api-key-5d1c9e77';
const cursorKey = 'canary-cursor-key-77aa';
const bearer = 'canary-bearer-0b2f66';
const parameter = 'canary-parameter-4e9d12';
const secrets = [
  { kind: 'database password', secret: password },
  { kind: 'API key', secret: apiKey },
  { kind: 'cursor key', secret: cursorKey },
  { kind: 'authorization header', secret: bearer },
];
const everywhere = new CanaryScan(secrets);
const others = new CanaryScan([...secrets, { kind: 'parameter value', secret: parameter }]);

const role = `canary_${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), 'millrace-canary-'));
const admin = inject('databaseUrl');
const written: string[] = [];
let millrace: Millrace;
let url: string;

const adminUrl = (): URL => new URL(admin);
const run = async (text: string): Promise<void> => {
  const owner = await createMillrace({ databaseUrl: admin }, { env: {}, directory: folder });
  await owner.executeQuery(text);
  await owner.stop();
};

beforeAll(async () => {
  await run(`create role ${role} login superuser password '${password}'`);
  const own = adminUrl();
  own.username = role;
  own.password = encodeURIComponent(password);
  const log = pino({ level: 'debug' }, { write: (line: string) => void written.push(line) });
  const env = {
    DATABASE_URL: own.href,
    MILLRACE_HTTP_API_KEYS: apiKey,
    MILLRACE_HTTP_CURSOR_KEY: cursorKey,
    SLOW_QUERY_THRESHOLD: '1',
    PERF_RESPONSE_TIME_MS: '1',
  };
  millrace = await createMillrace({}, { env, directory: folder, log, warn: (message) => void written.push(message) });
  // An event that carries an error of the application hands it on as it was thrown; what is *written* of it goes through the log above.
  millrace.events.onAny((name, event) => void written.push('error' in (event as object) ? name : `${name} ${inspect(event, { depth: 8 })}`));
  const app = fastify(millraceServer());
  await app.register(millraceFastify, { millrace });
  app.get('/find/:word', async (request) => {
    const { word } = request.params as { word: string };
    return millrace.executeQuery('select pg_sleep(0.02), $1::text as word', [word]);
  });
  app.get('/wrong/:word', async (request) => millrace.executeQuery('select $1::int', [(request.params as { word: string }).word]));
  app.get('/literal', async () => millrace.executeQuery(`select pg_sleep(0.02), '${parameter}' as "x", nonsense`));
  app.get('/twice', async () => {
    await millrace.executeQuery('create table if not exists canary_twice (word text primary key)');
    await millrace.executeQuery('insert into canary_twice values ($1)', [parameter]);
    await millrace.executeQuery('insert into canary_twice values ($1)', [parameter]);
  });
  app.get('/thrown', async () => {
    throw new Error(`could not connect to ${own.href}: ${password} or ${apiKey} or ${cursorKey} refused`);
  });
  const loaded = millrace.cache.entity<string, { id: string }>('canary', () => Promise.reject(new Error(`no answer from ${own.href}`)), {
    key: (row) => row.id,
    ttl: '1m',
  });
  app.get('/cached', async () => loaded.get(parameter));
  app.get('/slow', { config: { millrace: { timeout: '30ms' } } }, async (request) =>
    millrace.executeQuery('select pg_sleep(5), $1::text', [parameter], request.call),
  );
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await millrace.stop();
  await run('drop table if exists canary_twice');
  await run(`drop role ${role}`);
  rmSync(folder, { recursive: true });
});

const ask = async (path: string, init: RequestInit = {}): Promise<string> => {
  const answer = await fetch(url + path, { ...init, headers: { authorization: `Bearer ${bearer}`, cookie: `session=${bearer}`, ...init.headers } });
  return `${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`;
};

it('X6 no planted secret comes out in an answer, a log line, an event, a figure, a performance page or a file', async () => {
  const answers: string[] = [];
  for (const path of [`/find/${parameter}`, `/wrong/${parameter}`, '/literal', '/twice', '/thrown', '/cached', '/slow', `/nowhere/${parameter}`, '/%zz'])
    answers.push(await ask(path));
  const json = { 'content-type': 'application/json' };
  answers.push(
    await ask('/performance/thresholds', { method: 'PUT', headers: { ...json, 'x-api-key': `${apiKey}x` }, body: JSON.stringify({ nonsense: bearer }) }),
  );
  answers.push(await ask('/performance/alerts/none/resolve', { method: 'POST', headers: json, body: '{"not": json' }));
  for (const answer of answers) everywhere.look('answers', answer);

  const ids = [...answers.join('\n').matchAll(/"x-request-id","([^"]+)"/g)].map(([, id]) => id as string);
  await millrace.monitoring.health.check();
  const pages = [
    'metrics',
    'metrics/text',
    'health',
    'report',
    'database',
    'cache',
    'resilience',
    'alerts',
    'thresholds',
    'endpoints',
    ...ids.map((id) => `requests/${id}`),
  ];
  for (const page of pages) others.look('performance pages', await ask(`/performance/${page}`));
  others.look('figures', await ask('/metrics'));
  others.look('stats', inspect(millrace.stats(), { depth: 10 }) + inspect(millrace.origins));
  for (const line of written) others.look('logs and events', line);
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((one) => join(folder, one)))
    if (statSync(file).isFile()) others.look('files', readFileSync(file, 'latin1'));
  others.look('process arguments', process.argv.join(' ') + (process.title ?? ''));

  console.log('looked at, characters:', { ...everywhere.looked, ...others.looked });
  expect(answers.filter((answer) => answer.startsWith('5')).length).toBeGreaterThanOrEqual(5);
  expect(written.join('\n')).toContain('database.statement.slowed');
  expect(written.join('\n')).toContain('http.request.failed');
  expect(everywhere.leaks).toEqual([]);
  expect(others.leaks).toEqual([]);
});

it('X6 the password of the embedded server stands in one file that only its owner reads, and in no command line', async () => {
  const home = mkdtempSync(join(tmpdir(), 'millrace-canary-embedded-'));
  chmodSync(home, 0o755);
  const own = await createMillrace({}, { env: { MILLRACE_DATABASE_EMBEDDED_DIRECTORY: home }, directory: home });
  try {
    const scan = new CanaryScan([{ kind: 'embedded password', secret: decodeURIComponent(new URL((own.embedded as { url: string }).url).password) }]);
    const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    for (const pid of processes) scan.look('command lines', readable(`/proc/${pid}/cmdline`));
    scan.look('stats', inspect([own.stats(), own.origins, own.monitoring.healthDetail(), own.monitoring.prometheus()], { depth: 10 }));
    const holders: string[] = [];
    for (const file of readdirSync(home, { recursive: true, encoding: 'utf8' }).map((one) => join(home, one))) {
      if (!statSync(file).isFile()) continue;
      const before = scan.leaks.length;
      scan.look('files', readable(file));
      if (scan.leaks.length > before) holders.push(`${(statSync(file).mode & 0o777).toString(8)} ${basename(file)}`);
    }
    console.log('looked at, characters:', scan.looked, 'held by:', holders);
    expect(processes.length).toBeGreaterThan(5);
    expect(holders).toHaveLength(1);
    expect(holders[0]).toMatch(/^600 /);
    expect(scan.leaks.filter(({ place }) => place !== 'files')).toEqual([]);
  } finally {
    await own.stop();
    rmSync(home, { recursive: true, force: true });
  }
});

/** A process or file that is gone by now holds nothing. */
function readable(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
