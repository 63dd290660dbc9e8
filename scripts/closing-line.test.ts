import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-closing-line-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a real vitest over files of its own. */
function run(files: Record<string, string>, ci: string): { last: string; out: string; status: number | null } {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), `import { expect, it } from 'vitest';\n${text}`);
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder, '--reporter', join(root, 'scripts/closing-line.ts')];
  const { stdout, status } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CI: ci, TEST_COUNTS: join(folder, 'counts') },
  });
  return { last: stdout.trimEnd().split('\n').at(-1) ?? '', out: stdout, status };
}

it('counts what passed and what failed, a file that does not load and a rejection nobody caught', () => {
  const files = {
    'a.test.ts': "it('a', () => {}); it('b', () => expect(1).toBe(2));",
    'broken.test.ts': "throw new Error('does not load');",
    'loose.test.ts': "it('c', () => { Promise.reject(new Error('nobody')); });",
  };
  const { last, status } = run(files, '');
  expect(last).toBe('2 passed, 3 failed');
  expect(status).toBe(1);
  expect(readFileSync(join(folder, 'counts'), 'utf8')).toBe('2 3\n');
});

it('says what was not run and why, which in CI is a failure', () => {
  const files = { 'a.test.ts': "it('a', () => {}); it('b', (context) => context.skip('no Chromium on the path'));" };
  const atHome = run(files, '');
  expect(atHome.out).toContain('not run: 1 (no Chromium on the path)');
  expect(atHome.last).toBe('1 passed, 0 failed');
  expect(atHome.status).toBe(0);
  const inCi = run(files, 'true');
  expect(inCi.last).toBe('1 passed, 1 failed');
  expect(inCi.status).toBe(1);
});
