import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Bench, describeInBrowser, openPage } from './browser.ts';
import type { FixtureServer } from './server/server.ts';

const h1 = (page: Page): Promise<string | null> => page.getByRole('heading', { level: 1 }).textContent();
const until = (page: Page, name: string): Promise<void> => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

describeInBrowser('the dashboard in use', () => {
  const bench = new Bench();
  let server: FixtureServer;
  beforeAll(() => bench.start());
  afterAll(() => bench.stop());
  afterEach(() => {
    expect(bench.problems.splice(0)).toEqual([]);
  });

  describe('by keyboard', () => {
    beforeAll(async () => {
      server = await bench.server({ trouble: true });
    });

    it('W3 leads from the overview over an endpoint to one slow request and back', async () => {
      const page = await bench.page();
      await openPage(page, server, '');
      await page.keyboard.press('j');
      expect(await page.evaluate('document.activeElement.textContent')).toContain('/retail/reports/sales');
      await page.keyboard.press('Enter');
      await until(page, 'GET /retail/reports/sales');
      expect(await page.evaluate('document.activeElement.tagName')).toBe('MAIN');
      await page.locator('a[data-row]').first().waitFor();
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'One slow request' }).waitFor();
      expect(await page.locator('.waterfall li').count()).toBe(7);
      expect(await page.locator('.waterfall').textContent()).toContain('The longest step is select sale lines by store and day');
      await page.keyboard.press('Escape');
      await page.getByRole('heading', { name: 'Kept requests' }).waitFor();
      await page.keyboard.press('Escape');
      await until(page, 'Endpoints');
      await page.keyboard.press('g');
      await page.keyboard.press('o');
      await until(page, 'Overview');
      await page.close();
    });

    it('W3 the first tab stop leads to the content', async () => {
      const page = await bench.page();
      await openPage(page, server, '');
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent.trim()')).toBe('Skip to content');
      await page.keyboard.press('Enter');
      expect(await page.evaluate('document.activeElement.tagName')).toBe('MAIN');
      await page.close();
    });

    it('W3 every key does what the list says, and single letters can be switched off', async () => {
      const page = await bench.page();
      await openPage(page, server, '');
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keys' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'hidden' });
      for (const [key, title] of [
        ['a', 'Alerts'],
        ['e', 'Endpoints'],
        ['d', 'Database'],
        ['c', 'Cache'],
        ['l', 'Limits'],
      ] as const) {
        await page.keyboard.press('g');
        await page.keyboard.press(key);
        await until(page, title);
      }
      await page.keyboard.press('g');
      await page.keyboard.press('o');
      await until(page, 'Overview');
      await page.keyboard.press('3');
      await page.waitForURL(/range=1h/);
      await page.keyboard.press('2');
      await page.waitForURL((url) => !url.search.includes('range'));
      await page.keyboard.press('Control+k');
      await page.keyboard.type('prod mov');
      await page.keyboard.press('Enter');
      await until(page, 'GET /retail/products/:id/movements');
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').waitFor();
      // Faster than it is drawn: both come before the list that belongs to them.
      await page.evaluate(`{
        const input = document.querySelector('dialog.finder input');
        input.value = 'databa';
        input.dispatchEvent(new InputEvent('input', { bubbles: true }));
        input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
      }`);
      await until(page, 'Database');
      await page.goto(`${server.url}settings`);
      await page.getByRole('button', { name: 'Off' }).click();
      await page.keyboard.press('g');
      await page.keyboard.press('o');
      await page.keyboard.press('?');
      expect(await h1(page)).toBe('Settings');
      expect(await page.getByRole('dialog').count()).toBe(0);
      await page.getByRole('button', { name: 'On' }).click();
      await page.keyboard.press('g');
      await page.keyboard.press('o');
      await until(page, 'Overview');
      await page.close();
    });
  });

  describe('live', () => {
    it('M4 W3 a figure changes without a navigation', async () => {
      server = await bench.server({ trouble: false });
      const page = await bench.page();
      await openPage(page, server, '');
      await page.evaluate('window.stayed = true');
      const rate = page.locator('.tile', { hasText: 'Requests' }).locator('.figure');
      const before = await rate.textContent();
      expect(before).toMatch(/\d/);
      await expect.poll(() => rate.textContent(), { timeout: 8_000 }).not.toBe(before);
      expect(await page.evaluate('window.stayed')).toBe(true);
      await page.close();
    });

    it('W3 a cut stream makes the figures stale, counts down to the next try, resumes by id and recovers', async () => {
      server = await bench.server({ trouble: false });
      const page = await bench.page({}, /ERR_|Failed to load/);
      await openPage(page, server, '');
      await page.waitForTimeout(1_200);
      server.cut();
      await page.getByRole('button', { name: /s old.*Try now/ }).waitFor({ timeout: 7_000 });
      expect(await page.locator('main').getAttribute('class')).toContain('stale');
      expect(await page.locator('.tile .figure').first().textContent()).toMatch(/\d/);
      await page.getByText(/next try in \d+ s/).waitFor();
      server.mend();
      await page.getByRole('button', { name: /Live.*Pause/ }).waitFor({ timeout: 20_000 });
      expect(server.streams.at(-1)?.resumedAfter).toMatch(/^\d+$/);
      await page.close();
    });

    it('W3 a stream that is open but silent is stale as well', async () => {
      server = await bench.server({ trouble: false });
      const page = await bench.page();
      await openPage(page, server, '');
      server.silent = true;
      await page.getByRole('button', { name: /s old.*Try now/ }).waitFor({ timeout: 8_000 });
      server.silent = false;
      await page.getByRole('button', { name: /Live.*Pause/ }).waitFor({ timeout: 20_000 });
      await page.close();
    });

    it('W3 a pause stops the display only, and going on jumps to now', async () => {
      server = await bench.server({ trouble: false });
      const page = await bench.page();
      await openPage(page, server, '');
      await page.keyboard.press(' ');
      await page.getByRole('button', { name: /^Paused/ }).waitFor();
      const rate = page.locator('.tile', { hasText: 'Requests' }).locator('.figure');
      const before = await rate.textContent();
      await page.waitForTimeout(2_500);
      expect(await rate.textContent()).toBe(before);
      await page.keyboard.press(' ');
      await page.getByRole('button', { name: /Live.*Pause/ }).waitFor();
      await expect.poll(() => rate.textContent(), { timeout: 5_000 }).not.toBe(before);
      await page.close();
    });
  });

  describe('when something is missing', () => {
    it('W3 a part that fails shows its code and Try again, and all else goes on', async () => {
      server = await bench.server({ trouble: false });
      server.failing.set('database/stats', 'MILLRACE_TIMEOUT');
      const page = await bench.page({}, /503/);
      await openPage(page, server, 'database');
      const card = page.getByRole('region', { name: 'Statements' });
      await card.getByText('MILLRACE_TIMEOUT').waitFor();
      expect(await page.getByRole('figure').count()).toBe(1);
      server.failing.clear();
      await card.getByRole('button', { name: 'Try again' }).click();
      await card.getByText('select * from retail.products').first().waitFor();
      await page.close();
    });

    it('W3 loading shows the shape after 150 ms, and only then', async () => {
      server = await bench.server({ trouble: false });
      let release = (): void => {};
      server.held.set('cache/stats', new Promise((resolve) => (release = resolve)));
      const page = await bench.page();
      await page.goto(`${server.url}cache`);
      await page.locator('[aria-busy] i').first().waitFor();
      release();
      await page.getByText('loyalty').waitFor();
      expect(await page.locator('[aria-busy]').count()).toBe(0);
      await page.close();
    });

    it('W3 empty says what would be here', async () => {
      server = await bench.server({ trouble: false, quiet: true });
      const page = await bench.page();
      await openPage(page, server, '');
      await page.getByText('No request in the last minute.').waitFor();
      await page.getByText('Each one will be drawn here by how long it took.').waitFor();
      await openPage(page, server, 'alerts');
      await page.getByText('None has been since the start.').waitFor();
      await page.close();
    });

    it('W3 a request past its keeping time is gone, and the way on is shown', async () => {
      server = await bench.server({ trouble: false });
      const page = await bench.page({}, /404/);
      await page.goto(`${server.url}requests/long-ago`);
      await page.getByRole('heading', { name: 'This request is gone' }).waitFor();
      await page.getByRole('link', { name: 'To the endpoints' }).click();
      await until(page, 'Endpoints');
      await page.close();
    });

    it('W3 an address that leads nowhere says so', async () => {
      const page = await bench.page();
      await page.goto(`${server.url}no/such/page`);
      await page.getByText('There is nothing at this address').waitFor();
      await page.close();
    });
  });

  describe('changing something', () => {
    it('M4 an alert is resolved from its list, and the focus stays on the page', async () => {
      server = await bench.server({ trouble: true });
      const page = await bench.page();
      await openPage(page, server, 'alerts');
      await page.getByRole('button', { name: 'Resolve' }).click();
      await page.getByText('No alert is open.').waitFor();
      expect(await page.evaluate('document.activeElement.tagName')).toBe('MAIN');
      await page.getByText('by hand').waitFor();
      await page.close();
    });

    it('M4 a limit is changed and saved; a wrong one cannot be', async () => {
      server = await bench.server({ trouble: false });
      const page = await bench.page();
      await openPage(page, server, 'limits');
      const input = page.getByRole('spinbutton', { name: 'CPU in use' });
      await input.fill('140');
      await page.getByText('Per cent end at 100').waitFor();
      expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
      await input.fill('65');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Limit saved').waitFor();
      expect(
        server.model
          .thresholds()
          .thresholds.find((one) => one.name === 'cpuUsagePercent')
          ?.steps.at(-1)?.limit,
      ).toBe(65);
      await page.close();
    });

    it('W3 the colours follow the system, and a choice of one’s own stays', async () => {
      server = await bench.server({ trouble: false });
      const page = await bench.page({ colorScheme: 'light' });
      await openPage(page, server, 'settings');
      const ground = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(await ground()).toBe('rgb(245, 246, 248)');
      await page.getByRole('button', { name: 'Dark' }).click();
      expect(await ground()).toBe('rgb(11, 14, 17)');
      await page.reload();
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await ground()).toBe('rgb(11, 14, 17)');
      await page.close();
    });
  });
});
