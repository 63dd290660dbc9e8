import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Budget, excesses, weigh } from '../build/packed.ts';
import { isStale } from '../build-if-stale.mjs';
import { builtDashboard } from './browser.ts';

const budget: Budget = { firstLoadBytes: 100, lazyChunkBytes: 10, largeChunks: { chart: 50 }, styleBytes: 20, htmlBytes: 5 };

describe('the build', () => {
  it('W3 counts what the entry reaches as the first load, and everything else alone', () => {
    const part = (name: string, bytes: number, imports: string[], isEntry = false) => ({ name, bytes, imports, isEntry });
    const weight = weigh({ 'a.js': part('index', 40, ['b.js'], true), 'b.js': part('vendor', 30, ['a.js']), 'c.js': part('cache', 9, ['b.js']) });
    expect(weight).toEqual({ firstLoad: 70, lazy: { cache: 9 } });
  });
  it('W3 names every excess at once', () => {
    const found = excesses({ firstLoad: 101, lazy: { cache: 11, chart: 50, request: 10 }, styles: 21, html: 6 }, budget);
    expect(found).toHaveLength(4);
    expect(found[0]).toBe('the first load of JavaScript weighs 101 bytes of brotli, the limit is 100');
    expect(excesses({ firstLoad: 100, lazy: { chart: 50 }, styles: 20, html: 5 }, budget)).toEqual([]);
  });

  describe('of this dashboard', () => {
    let directory = '';
    beforeAll(async () => {
      directory = await builtDashboard();
    });
    afterAll(() => rm(directory, { recursive: true, force: true }));

    it('W3 has each larger file in brotli and gzip beside it, and its weight as data', async () => {
      const files = await readdir(join(directory, 'assets'));
      const script = files.find((name) => /^index-.*\.js$/.test(name)) ?? '';
      expect([existsSync(join(directory, 'assets', `${script}.br`)), existsSync(join(directory, 'assets', `${script}.gz`))]).toEqual([true, true]);
      const weight = JSON.parse(await readFile(join(directory, 'weight.json'), 'utf8')) as { firstLoad: number; styles: number };
      expect(weight.firstLoad).toBeGreaterThan(1_000);
      expect(weight.firstLoad).toBeLessThanOrEqual(60_000);
      expect(weight.styles).toBeLessThanOrEqual(12_000);
    });
    it('X7 the page holds no inline script and no inline style', async () => {
      const html = await readFile(join(directory, 'index.html'), 'utf8');
      expect(html.match(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/g)).toBeNull();
      expect(html).toContain('/performance/ui/assets/');
    });
  });

  it('W3 is stale when it is missing, and when a source is newer or gone', async () => {
    const root = await mkdtemp(join(tmpdir(), 'millrace-stale-'));
    try {
      for (const name of ['src', 'public', 'build', 'index.html', 'vite.config.ts', 'package.json'])
        await cp(new URL(`../${name}`, import.meta.url), join(root, name), { recursive: true });
      expect(isStale(root)).toBe(true);
      await cp(join(root, 'public'), join(root, 'dist'), { recursive: true });
      await writeFile(join(root, 'dist', 'weight.json'), '{}');
      const later = new Date(Date.now() + 60_000);
      await utimes(join(root, 'dist', 'weight.json'), later, later);
      expect(isStale(root)).toBe(false);
      const latest = new Date(Date.now() + 120_000);
      await utimes(join(root, 'src', 'main.tsx'), latest, latest);
      expect(isStale(root)).toBe(true);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
});
