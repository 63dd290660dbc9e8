// Everything about the tree that needs no running software, as `npm run check`. Steps of one line run side by side; all failures are told, not only the first.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const lanes: readonly (readonly (readonly [name: string, command: string])[])[] = [
  [
    ['lock file', 'node scripts/check-lock.ts'],
    ['types', 'npm run --silent types'],
    ['lint', 'biome check .'],
    ['floors', 'node scripts/check-floors.ts'],
    ['requirements', 'node scripts/check-requirements.ts'],
    ['bench types', 'tsc -p bench/tsconfig.json'],
    ['build', 'npm run --silent build'],
  ],
  [
    ['api reports', 'node scripts/check-api.ts'],
    ['docs', 'node scripts/check-docs.ts'],
    ['size', 'node scripts/check-size.ts'],
    ['package', 'npm run --silent package'],
    ['dead code', 'knip --no-progress'],
  ],
];

const atOnce = 3;
let failed = 0;

/** What a step needs that a plain `npm ci` does not bring. Without it the step is told as not run; in CI that is a failure. */
const needs: Readonly<Record<string, { readonly path: string; readonly how: string }>> = {
  'bench types': { path: 'bench/node_modules', how: 'npm ci --prefix bench' },
};

/** Runs one step and prints what it said only when it failed. */
function step(name: string, command: string): Promise<void> {
  const need = needs[name];
  if (need && !existsSync(resolve(root, need.path))) {
    if (process.env['CI']) failed++;
    console.log(`– ${name.padEnd(14)} not run: ${need.how}`);
    return Promise.resolve();
  }
  const startedMs = performance.now();
  const child = spawn(command, { cwd: root, shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  return new Promise((done) => {
    child.on('close', (code) => {
      console.log(`${code === 0 ? '✔' : '✖'} ${name.padEnd(14)} ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
      if (code !== 0) {
        failed++;
        console.log(Buffer.concat(said).toString().trimEnd());
      }
      done();
    });
  });
}

for (const lane of lanes) {
  const waiting = [...lane];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await step(...next);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
console.log(failed === 0 ? 'check: everything holds' : `check: ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
