import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

it('a side whose harness is gone closes what it started', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const closed = join(folder, 'closed');
  const file = join(folder, 'one.bench.mjs');
  writeFileSync(
    file,
    `import { writeFileSync } from 'node:fs';
    const busy = setInterval(() => {}, 1000);
    const one = async () => ({ round: async () => ({}), close: async () => { clearInterval(busy); writeFileSync(${JSON.stringify(closed)}, ''); } });
    export const bench = { sides: { one } };`,
  );
  const side = fork(join(import.meta.dirname, 'side.ts'), [file, 'one']);
  await once(side, 'message');
  const ended = once(side, 'exit');
  side.disconnect();
  expect(await ended).toEqual([0, null]);
  expect(existsSync(closed)).toBe(true);
}, 20_000);
