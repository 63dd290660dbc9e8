import { afterAll, beforeAll, expect, it } from 'vitest';
import { axeViolations, Bench, describeInBrowser, openPage, paths, sidewaysPx } from './browser.ts';
import type { FixtureServer } from './server/server.ts';

describeInBrowser('every page', () => {
  const bench = new Bench();
  let server: FixtureServer;
  beforeAll(async () => {
    await bench.start();
    server = await bench.server({ trouble: true });
  });
  afterAll(() => bench.stop());

  for (const [name, path] of Object.entries(paths)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const [width, height] of [
        [1440, 900],
        [390, 844],
      ] as const) {
        it(`W3 ${name} has no accessibility violation, ${colorScheme}, ${width} px`, async () => {
          const page = await bench.page({ viewport: { width, height }, colorScheme });
          await openPage(page, server, path);
          expect(await axeViolations(page)).toEqual([]);
          await page.close();
        });
      }
    }
    it(`W3 ${name} never scrolls sideways and has one h1`, async () => {
      const page = await bench.page();
      const wide: string[] = [];
      for (const width of [360, 390, 768, 1440]) {
        await page.setViewportSize({ width, height: 900 });
        await openPage(page, server, path);
        const px = await sidewaysPx(page);
        if (px > 0) wide.push(`${width} px: ${px} px too wide`);
      }
      expect(wide).toEqual([]);
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
      await page.close();
    });
  }

  it('X7 no page reports an error, and the content security policy refuses nothing', () => {
    expect(bench.problems).toEqual([]);
  });

  it('W3 the first load stays within 60 kB of compressed JavaScript on the wire', async () => {
    const fresh = await bench.server();
    const page = await bench.page();
    await openPage(page, fresh, '');
    const bytes = [...fresh.sentBytes].filter(([name]) => name.endsWith('.js')).reduce((sum, [, size]) => sum + size, 0);
    expect(bytes).toBeGreaterThan(5_000);
    expect(bytes).toBeLessThanOrEqual(60_000);
    expect([...fresh.sentBytes.keys()].filter((name) => name.includes('chart-'))).toEqual([]);
    await page.close();
  });

  it('W3 a figure says in a sentence what its data says, and t swaps it for a table', async () => {
    const page = await bench.page();
    await openPage(page, server, '');
    const figure = page.getByRole('figure').first();
    expect(await figure.textContent()).toMatch(/p95 (rose|fell|stayed)/);
    await page.getByRole('group', { name: /^Response time\./ }).focus();
    await page.keyboard.press('t');
    const rows = page.getByRole('region', { name: 'Response time, table' }).getByRole('row');
    expect(await rows.count()).toBeGreaterThan(100);
    await page.keyboard.press('t');
    await page.getByRole('group', { name: /^Response time\./ }).waitFor();
    await page.close();
  });

  it('W3 arrow keys read a chart moment by moment', async () => {
    const page = await bench.page();
    await openPage(page, server, '');
    await page.getByRole('group', { name: /^Response time\./ }).focus();
    await page.keyboard.press('End');
    const last = await page.locator('.tip').first().textContent();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => page.locator('.tip').first().textContent()).not.toBe(last);
    expect(last).toMatch(/p95/);
    await page.close();
  });
});
