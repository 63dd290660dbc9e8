import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const sources = ['src', 'public', 'build', 'index.html', 'vite.config.ts', 'package.json'];

/** The newest change below a path. Folders count as well: a deleted file changes nothing else. */
function newestMs(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce((newest, name) => Math.max(newest, newestMs(join(path, name))), stat.mtimeMs);
}

/** Is there no build, or one older than its sources? */
export function isStale(root = here) {
  const built = join(root, 'dist', 'weight.json');
  if (!existsSync(built)) return true;
  const builtMs = statSync(built).mtimeMs;
  return sources.some((name) => newestMs(join(root, name)) > builtMs);
}

/**
 * Builds the dashboard when its build is missing or older than its sources, and says nothing when it is fresh.
 * Resolves to what happened and where the files lie; rejects with the build's own error.
 */
export async function buildIfStale({ force = false } = {}) {
  const directory = join(here, 'dist');
  if (!force && !isStale()) return { built: false, directory };
  const { build } = await import('vite');
  await build({ root: here, configFile: join(here, 'vite.config.ts'), logLevel: 'warn' });
  return { built: true, directory };
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) await buildIfStale({ force: process.argv.includes('--force') });
