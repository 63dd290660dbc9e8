import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where a running demo's database is, for `npm run psql`. Holds the password, so mode 0600. */
export interface Connection {
  readonly url: string;
  /** Of the demo. */
  readonly pid: number;
}

const pathIn = (directory: string): string => join(directory, 'connection.json');

/** The folder of the embedded server, which also holds this file. */
export const demoDirectory = (env: NodeJS.ProcessEnv = process.env): string => env['MILLRACE_DATABASE_EMBEDDED_DIRECTORY'] || '.millrace';

export function writeConnection(directory: string, connection: Connection): void {
  const path = pathIn(directory);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify(connection), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function removeConnection(directory: string): void {
  if (readConnection(directory)?.pid === process.pid) rmSync(pathIn(directory), { force: true });
}

/** Undefined where no demo has written one, or the one that did is gone. */
export function readConnection(directory: string): Connection | undefined {
  try {
    const connection = JSON.parse(readFileSync(pathIn(directory), 'utf8')) as Connection;
    process.kill(connection.pid, 0);
    return connection;
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
