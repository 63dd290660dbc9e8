import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import type { ModelOptions } from './server/model.ts';
import { type FixtureServer, fixtureServer } from './server/server.ts';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const isThere = existsSync(executablePath);

/** Without a Chromium these tests are listed as not run; where everything must run, that is a failure. */
export const describeInBrowser: typeof describe.skip = describe.skipIf(!isThere) as typeof describe.skip;
if (!isThere && process.env['CI'] === 'true') {
  it('a Chromium is there', () => {
    throw new Error(`No Chromium at ${executablePath}: install one or name it in CHROMIUM`);
  });
}

/** Builds the dashboard into a folder of its own, so that a running service keeps the files it serves. */
export async function builtDashboard(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-dashboard-'));
  const root = fileURLToPath(new URL('../', import.meta.url));
  await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir: directory, emptyOutDir: true } });
  return directory;
}

/** A browser, the built dashboard, and every problem a page reported: errors, and whatever the content security policy refused. */
export class Bench {
  readonly problems: string[] = [];
  #browser: Browser | undefined;
  #directory = '';
  readonly #servers: FixtureServer[] = [];

  async start(): Promise<void> {
    this.#directory = await builtDashboard();
    this.#browser = await chromium.launch({
      executablePath,
      args: ['--disable-dev-shm-usage', '--force-color-profile=srgb', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    });
  }
  async stop(): Promise<void> {
    await this.#browser?.close();
    for (const server of this.#servers) await server.close();
    if (this.#directory) await rm(this.#directory, { recursive: true, force: true });
  }
  async server(options: Partial<ModelOptions> = {}): Promise<FixtureServer> {
    const server = await fixtureServer(this.#directory, options);
    this.#servers.push(server);
    return server;
  }
  /** `expected`: console errors that belong to what the test causes, such as a refused request. */
  async page(options: BrowserContextOptions = {}, expected?: RegExp): Promise<Page> {
    if (!this.#browser) throw new Error('start() was not called');
    const page = await this.#browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', ...options });
    page.on('pageerror', (error) => this.problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !expected?.test(message.text())) this.problems.push(message.text());
    });
    return page;
  }
}

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe finds wrong, as `rule: elements`. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(axePath, 'utf8'));
  const found = (await page.evaluate(
    'axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then((result) => result.violations.map((one) => ({ id: one.id, at: one.nodes.slice(0, 4).map((node) => node.target.join(" ") + " " + (node.any[0]?.message ?? "")) })))',
  )) as { id: string; at: string[] }[];
  return found.map(({ id, at }) => `${id}: ${at.join(' | ')}`);
}

/** How far the page can be pushed sideways, in pixels. */
export const sidewaysPx = (page: Page): Promise<number> => page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

export const paths = {
  overview: '',
  endpoints: 'endpoints',
  endpoint: 'endpoints/GET~retail~reports~sales',
  request: 'requests/7f3a91c2-24-0',
  alerts: 'alerts',
  database: 'database',
  cache: 'cache',
  limits: 'limits',
  settings: 'settings',
} as const;

/** Opens a page and waits until its own parts are there. */
export async function openPage(page: Page, server: FixtureServer, path: string): Promise<void> {
  await page.goto(server.url + path);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  await page.locator('main section').first().waitFor({ state: 'attached' });
  await expect.poll(() => page.locator('main [aria-busy]').count(), { timeout: 10_000 }).toBe(0);
}
