import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../src/database/embedded/index.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A PostgreSQL for this run, as superuser. Each test file makes its own schema in it. */
    readonly databaseUrl: string;
  }
}

const prefix = 'millrace-test-';

/** One server per run: that of `TEST_DATABASE_URL`, else an embedded one that forgets everything. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined) {
    project.provide('databaseUrl', given);
    return async () => {};
  }
  sweep();
  const home = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(home, 0o755); // started as root, the server runs as another user
  writeFileSync(join(home, 'runner'), String(process.pid));
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' };
  const server = await startEmbedded({ directory: join(home, 'server'), settings });
  project.provide('databaseUrl', server.url);
  return async () => {
    await server.stop();
    rmSync(home, { recursive: true, force: true });
  };
}

/** Folders of runs that were killed. */
function sweep(): void {
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(prefix))) {
    const home = join(tmpdir(), name);
    const runner = join(home, 'runner');
    if (existsSync(runner) && !lives(Number(readFileSync(runner, 'utf8')))) rmSync(home, { recursive: true, force: true });
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
