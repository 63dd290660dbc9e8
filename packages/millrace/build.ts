// Builds the library into dist: one file per source with declarations and maps, the SQL beside it, and the dashboard's build as static files.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, globSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';

const here = import.meta.dirname;
const dist = resolve(here, 'dist');
rmSync(dist, { recursive: true, force: true });
const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { cwd: here, stdio: 'inherit', shell: process.platform === 'win32' });
if (status !== 0) process.exit(status ?? 1);

for (const folder of globSync('**/sql/', { cwd: resolve(here, 'src') })) cpSync(resolve(here, 'src', folder), resolve(dist, folder), { recursive: true });
const dashboard = resolve(here, '../dashboard/dist');
if (existsSync(dashboard)) cpSync(dashboard, resolve(dist, 'dashboard'), { recursive: true });
// What npm shows beside the package; the originals stand at the root.
for (const page of ['README.md', 'LICENSE', 'CHANGELOG.md'])
  if (existsSync(resolve(here, '../..', page))) copyFileSync(resolve(here, '../..', page), resolve(here, page));
