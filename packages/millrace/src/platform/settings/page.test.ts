import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { settingsPage } from './index.ts';

const file = new URL('../../../../../docs/reference/configuration.md', import.meta.url);

it('O2 the configuration page lists every setting as the table has it', () => {
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, settingsPage());
  expect(readFileSync(file, 'utf8')).toBe(settingsPage());
});
