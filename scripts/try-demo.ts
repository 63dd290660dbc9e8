// Starts the demo as a user does, asks its main pages, stops it, and starts it once more: the data must still be there.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const coldLimitMs = 60_000;
const warmLimitMs = 10_000;
const stopLimitMs = 20_000;

let passed = 0;
let failed = 0;
async function expectThat(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  let why = '';
  try {
    if (await holds()) {
      passed++;
      console.log(`✔ ${what}`);
      return;
    }
  } catch (error) {
    why = `: ${String(error)}`;
  }
  failed++;
  console.log(`✖ ${what}${why}`);
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
};

/** One life of the demo: ready, asked, stopped by SIGTERM. */
async function live(title: string, limitMs: number, folder: string): Promise<string> {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const startedMs = performance.now();
  const child = spawn('npm', ['start'], {
    cwd: root,
    env: { ...process.env, PORT: String(port), MILLRACE_DATABASE_EMBEDDED_DIRECTORY: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const text = async (path: string): Promise<string> => {
    const response = await fetch(base + path, { signal: AbortSignal.timeout(10_000) });
    const body = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${body.slice(0, 200)}`);
    return body;
  };

  const before = failed;
  await expectThat(`${title}: ready within ${limitMs / 1000} s`, () => isReady(base, limitMs, () => child.exitCode !== null));
  console.log(`  ready after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  let product = '';
  await expectThat(`${title}: /retail/products lists products`, async () => {
    const list = JSON.parse(await text('/retail/products?limit=1')) as { items: { id: string | number }[] };
    product = String(list.items[0]?.id ?? '');
    return product !== '';
  });
  await expectThat(
    `${title}: /retail/products/${product} shows one`,
    async () => String((JSON.parse(await text(`/retail/products/${product}`)) as { id: unknown }).id) === product,
  );
  await expectThat(`${title}: /performance/health/live`, async () => (await text('/performance/health/live')) !== '');
  await expectThat(`${title}: /performance/metrics has figures`, async () => typeof JSON.parse(await text('/performance/metrics')) === 'object');
  await expectThat(`${title}: /metrics is Prometheus text`, async () => (await text('/metrics')).includes('# TYPE http_requests_total counter'));
  await expectThat(`${title}: /performance/ui/ is the dashboard`, async () => {
    const page = await text('/performance/ui/');
    const script = /src="([^"]+\.js)"/.exec(page)?.[1];
    return script !== undefined && (await text(new URL(script, `${base}/performance/ui/`).pathname)).length > 1000;
  });
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
  const [code, signal] = await ended;
  clearTimeout(timer);
  await expectThat(`${title}: SIGTERM ends it with exit code 0`, () => code === 0 || Promise.reject(new Error(`exit code ${code}, signal ${signal}`)));
  if (failed > before) console.log(`--- what it said\n${said.join('')}---`);
  return product;
}

async function isReady(base: string, limitMs: number, hasEnded: () => boolean): Promise<boolean> {
  const endMs = performance.now() + limitMs;
  while (performance.now() < endMs && !hasEnded()) {
    const answer = await fetch(`${base}/performance/health/ready`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined); // nobody listens yet
    if (answer?.ok) return true;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  return false;
}

const folder = mkdtempSync(join(tmpdir(), 'millrace-try-'));
chmodSync(folder, 0o755); // the server drops root and must still reach its data
try {
  const first = await live('first start', coldLimitMs, join(folder, 'data'));
  const second = await live('second start', warmLimitMs, join(folder, 'data'));
  await expectThat('the second start kept the data', () => first !== '' && first === second);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
const counts = process.env['TEST_COUNTS'];
if (counts) appendFileSync(counts, `${passed} ${failed}\n`);
process.exitCode = failed > 0 ? 1 : 0;
