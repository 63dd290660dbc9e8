import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { onTestFinished } from 'vitest';

/** Waits for a fact, at most `limitMs`. */
export async function until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>, limitMs = 20_000): Promise<T> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A folder that is gone after the test, and that the server's user can enter. */
export function scratch(): string {
  const path = mkdtempSync(join(tmpdir(), 'millrace-embedded-'));
  chmodSync(path, 0o755);
  onTestFinished(() => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  return path;
}

export interface Told {
  readonly [name: string]: unknown;
}

/** A process that runs one embedded server and tells what happens. */
export class Starter {
  readonly told: Told[] = [];
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(directory: string, options: object = {}, script: string = join(import.meta.dirname, 'start-one.ts'), cwd: string = import.meta.dirname) {
    this.child = spawn(process.execPath, [script, directory, JSON.stringify(options)], { cwd, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    let rest = '';
    this.child.stdout?.on('data', (chunk) => {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      this.told.push(...lines.map((line) => JSON.parse(line) as Told));
    });
    this.ended = new Promise((resolve) => this.child.once('exit', resolve));
    onTestFinished(() => this.#end());
  }

  /** The line that has `name`. */
  line(name: string): Promise<Told> {
    return until(`${name} told by the starter: ${JSON.stringify(this.told)}`, () => this.told.find((line) => name in line || line['event'] === name));
  }

  /** The line with the address, once it takes connections. */
  async ready(): Promise<{ url: string; pid: number; port: number; dataDirectory: string; adopted: boolean; wantedDirectory?: string; version: string }> {
    const line = await until('an address or an error', () => this.told.find((one) => 'url' in one || 'error' in one));
    if ('error' in line) throw new Error(String(line['message']));
    return line as never;
  }

  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    return this.ended;
  }

  async #end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    await this.ended;
  }
}

export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  client.on('error', () => {}); // a killed server ends the connection; the query tells
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
