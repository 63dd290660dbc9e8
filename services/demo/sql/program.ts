import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where `psql` is on the path, if it is. */
export const findPsql = (path: string = process.env['PATH'] ?? ''): string | undefined =>
  path
    .split(delimiter)
    .map((folder) => join(folder, process.platform === 'win32' ? 'psql.exe' : 'psql'))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false; // not here; the next folder may have it
      }
    });

/** The password goes through the environment: arguments can be read by every user of the machine. */
export function psqlEnvironment(url: string): NodeJS.ProcessEnv {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const sslMode = searchParams.get('sslmode');
  return {
    PGHOST: hostname.replace(/^\[|\]$/g, ''),
    PGPORT: port || '5432',
    PGUSER: decodeURIComponent(username) || 'postgres',
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)) || 'postgres',
    ...(sslMode === null ? {} : { PGSSLMODE: sslMode }),
  };
}

/** Runs it in our place: its terminal, its exit code. Ctrl-C is its own to handle. */
export function runPsql(program: string, url: string, words: readonly string[]): Promise<number> {
  process.on('SIGINT', () => {});
  const child = spawn(program, words, { stdio: 'inherit', env: { ...process.env, ...psqlEnvironment(url) } });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
