import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onTestFinished } from 'vitest';

export const repository: string = join(import.meta.dirname, '../../..');
const demoDirectory = join(repository, 'services/demo');

/** Waits for a fact, at most `limitMs`. */
export async function until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>, limitMs = 45_000): Promise<T> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A folder that is gone after the test, and that the server's user can enter. */
export function scratch(): string {
  const path = mkdtempSync(join(tmpdir(), 'millrace-demo-'));
  chmodSync(path, 0o755);
  onTestFinished(() => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  return path;
}

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });

/** The first of so many ports in a row that are free. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = await freePort();
    const others = await Promise.all(Array.from({ length: count - 1 }, (_, at) => isFree(first + at + 1)));
    if (others.every(Boolean)) return first;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });

export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The environment of somebody who has just cloned: no setting of ours, and no package of ours on the path. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(MILLRACE_|npm_|NODE_|VITEST|DATABASE_|TEST$|PORT$|HOST$|DEV$|PROD$|MODE$|SSR$|BASE_URL$)/.test(name),
  );
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter), npm_config_loglevel: 'error' };
}

export interface DemoOptions {
  readonly words?: readonly string[];
  readonly directory: string;
  readonly port: number;
  readonly env?: NodeJS.ProcessEnv;
  /** Start it as a person does. */
  readonly byNpm?: boolean;
}

/** The demo as a process. */
export class Demo {
  readonly child: ChildProcess;
  readonly url: string;
  readonly ended: Promise<number | null>;
  out = '';
  errors = '';

  constructor({ words = ['--no-traffic'], directory, port, env = {}, byNpm = false }: DemoOptions) {
    this.url = `http://127.0.0.1:${port}`;
    const given = { ...plainEnvironment(), PORT: String(port), MILLRACE_DATABASE_EMBEDDED_DIRECTORY: directory, ...env };
    const [program, args] = byNpm
      ? ['npm', ['start', '--', ...words]]
      : [process.execPath, ['--conditions=millrace-source', join(demoDirectory, 'main.ts'), ...words]];
    this.child = spawn(program, args, { cwd: repository, env: given, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (chunk) => {
      this.out += String(chunk);
    });
    this.child.stderr?.on('data', (chunk) => {
      this.errors += String(chunk);
    });
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
    onTestFinished(() => this.#end());
  }

  /** Everything printed, once the banner is there. */
  async ready(): Promise<string> {
    await until(`the banner; printed so far:\n${this.out}${this.errors}`, () => {
      if (this.child.exitCode !== null) throw new Error(`it ended with ${this.child.exitCode}:\n${this.out}${this.errors}`);
      return this.out.includes('Millrace is ready');
    });
    return until('the end of the banner', () => this.out.includes('Ctrl-C') && this.out);
  }

  get(path: string): Promise<Response> {
    return fetch(this.url + path, { signal: AbortSignal.timeout(15_000) });
  }

  async #end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    await this.ended;
  }
}

export interface Answer {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

/** Runs a program to its end. */
export function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv, input = ''): Promise<Answer> {
  const child = spawn(program, args, { cwd: repository, env, stdio: 'pipe' });
  let [out, errors] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    errors += String(chunk);
  });
  child.stdin.on('error', () => undefined); // it may end before it has read everything: its exit code tells
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, errors }));
  });
}
