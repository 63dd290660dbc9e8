import { afterAll, beforeAll, expect, it } from 'vitest';
import { Bench, describeInBrowser, openPage, paths } from './browser.ts';

const bomb = 'window.hurt=(window.hurt||0)+1';
const shapes = [
  `<script>${bomb}</script>`,
  `<img src=x onerror="${bomb}">`,
  `<svg onload="${bomb}">`,
  `"><script>${bomb}</script>`,
  `'><img src=x onerror='${bomb}'>`,
  `javascript:${bomb}`,
  `</title><script>${bomb}</script>`,
  `<iframe srcdoc="<script>parent.hurt=1</script>"></iframe>`,
  `<style>*{display:none}</style>`,
  `</td></tr></table><script>${bomb}</script>`,
  `{{constructor.constructor('${bomb}')()}}`,
  `\${${bomb}}`,
  `" onfocus="${bomb}" autofocus="`,
  `<a href="javascript:${bomb}">x</a>`,
  `<math><mtext><script>${bomb}</script></mtext></math>`,
  `<template><script>${bomb}</script></template>`,
  '\u202e\u2066reversed\u2069',
  '\u0000\u0001\ufeff\ud800',
  `url(javascript:${bomb})`,
  `expression(${bomb})`,
];
/** A hundred different ones: each shape as it is, escaped in the ways that get undone by mistake, very long, and between lines. */
const hostile = [
  ...shapes,
  ...shapes.map((text) => `${text.replaceAll('<', '&lt;')}&quot;`),
  ...shapes.map((text) => encodeURIComponent(text.replaceAll('\ud800', ''))),
  ...shapes.map((text) => text + 'A'.repeat(3_000)),
  ...shapes.map((text) => `\r\n\r\ndata: ${text}\n\n`),
];

describeInBrowser('hostile text', () => {
  const bench = new Bench();
  beforeAll(() => bench.start());
  afterAll(() => bench.stop());

  it('X7 a hundred hostile strings in every text field run no script and make no element', async () => {
    expect(new Set(hostile).size).toBe(100);
    let turn = 0;
    const server = await bench.server({ trouble: true, text: () => hostile[turn++ % hostile.length] as string });
    const page = await bench.page();
    const made =
      'document.querySelectorAll("main script, main img, main iframe, main style, main template, main math, body > script, nav script, [onerror], [onload], [onfocus], a[href^=javascript]").length';
    // Each visit hands out other strings to the same fields; enough visits bring every string to the screen.
    for (let round = 0; round < 5; round += 1) {
      for (const path of Object.values(paths)) {
        await openPage(page, server, path);
        expect([path, await page.evaluate('window.hurt ?? 0'), await page.evaluate(made)]).toEqual([path, 0, 0]);
      }
    }
    expect(turn).toBeGreaterThan(1_000);
    expect(bench.problems).toEqual([]);
    await page.close();
  });

  it('X7 hostile text is shown as it is', async () => {
    const text = shapes[1] as string;
    const server = await bench.server({ trouble: true, text: () => text });
    const page = await bench.page();
    await openPage(page, server, 'database');
    expect(await page.locator('.statement summary').first().textContent()).toBe(text);
    expect(await page.evaluate('window.hurt ?? 0')).toBe(0);
    await page.close();
  });

  it('X7 the policy itself refuses an inline script', async () => {
    const server = await bench.server();
    const page = await bench.page({}, /Content Security Policy/);
    await openPage(page, server, '');
    await page.evaluate(`(() => { const script = document.createElement('script'); script.textContent = 'window.hurt = 9'; document.body.append(script); })()`);
    expect(await page.evaluate('window.hurt ?? 0')).toBe(0);
    await page.close();
  });
});
