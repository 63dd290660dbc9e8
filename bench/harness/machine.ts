import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { dirname, join } from 'node:path';
import { pinning } from './cores.ts';

export const machine = (): Record<string, string> => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: String(availableParallelism()),
  memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  system: `${type()} ${release()}`,
  pinning,
});

/** Node's own version and those of the packages a bench names, as installed beside it. */
export function versions(packages: readonly string[], from: string): Record<string, string> {
  const require = createRequire(from);
  return { node: process.version.slice(1), ...Object.fromEntries(packages.map((name) => [name, installed(name, require)])) };
}

function installed(name: string, require: NodeJS.Require): string {
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return (JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) as { version: string }).version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new Error(`${name} is not installed: npm ci --prefix bench`);
}

/** The commit the sources stand at; `+` when they differ from it. */
export function commit(file: string): string {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: dirname(file), encoding: 'utf8' }).trim();
  try {
    const dirty =
      git('status', '--porcelain', '--untracked-files=no', '--', ':/packages', ':/services', ':/bench/micro', ':/bench/load', ':/bench/harness') !== '';
    return `${git('rev-parse', '--short=12', 'HEAD')}${dirty ? '+' : ''}`;
  } catch {
    return 'unknown';
  }
}
