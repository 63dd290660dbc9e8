import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { type Clock, sleep } from '../../kernel/index.ts';
import { type Binaries, program } from './binaries.ts';
import { EmbeddedStartError } from './errors.ts';
import type { Identity } from './identity.ts';
import { isServerOf, readPidFile } from './pid-file.ts';

/** A server that runs: started by us, or found running. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  readonly adopted: boolean;
  /** Resolves once it is gone, whoever ended it, with its last words. */
  readonly gone: Promise<string>;
}

export interface LaunchPlan {
  readonly binaries: Binaries;
  readonly data: string;
  readonly who: Identity | undefined;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly startTimeoutMs: number;
}

const pollMs = 10;
const adoptedPollMs = 100;
const lastWordsMs = 50;
const keptLines = 20;

/** Nothing of ours goes into the server's environment: it can be read by its user's other processes. */
export const serverEnvironment = (): NodeJS.ProcessEnv => {
  const { PATH = '' } = process.env;
  return { PATH, TZ: 'UTC', LC_ALL: 'C' };
};

/**
 * The server's keeper. Its standard input is a pipe that we hold: when we are gone, however we went, `cat` ends and the server is asked
 * to stop. It tells the server's pid on its standard output, and ends as the server ends.
 */
const keeper = `exec 3<&0
"$@" </dev/null 3<&- >&2 & server=$!
echo $server
(cat <&3; kill -INT $server) >/dev/null 2>&1 & guard=$!
exec 3<&- >/dev/null
wait $server; code=$?
kill $guard 2>/dev/null
exit $code`;
export const keeperName = 'millrace-postgres';

/** The same guard for a server whose own keeper is gone; it ends itself with the server. */
const lateGuard = `exec 3<&0
(cat <&3 >/dev/null; [ "$(head -n 1 "$2/postmaster.pid" 2>/dev/null)" = "$1" ] && kill -INT "$1" 2>/dev/null) &
exec 3<&-
wait`;

type Keeper = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts the server and waits until it takes connections. */
export async function launch(plan: LaunchPlan, clock: Clock): Promise<RunningServer> {
  const { data, startTimeoutMs } = plan;
  const words = new LastWords();
  const child = spawnKeeper(plan);
  child.stderr.on('data', (chunk) => words.add(String(chunk)));
  const ends = endsOf(child, words);
  const pid = await firstPid(child, ends.closed);
  const limitMs = clock.monotonicMs() + startTimeoutMs;
  while (!ends.isOver && !isReady(data, pid)) {
    if (clock.monotonicMs() > limitMs) {
      signal(data, pid, 'SIGQUIT');
      throw new EmbeddedStartError(`it was not ready within ${startTimeoutMs} ms`, words.last);
    }
    await sleep(clock, pollMs);
  }
  if (ends.isOver) throw new EmbeddedStartError('it ended while starting', await ends.closed);
  release(child);
  return { pid, port: plan.port, adopted: false, gone: goneAfter(data, pid, ends, clock) };
}

function spawnKeeper({ binaries, data, who, port, settings }: LaunchPlan): Keeper {
  const fixed = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '' };
  const flags = Object.entries({ ...settings, ...fixed }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = [program(binaries, 'postgres'), '-D', data, ...flags];
  return spawn('/bin/sh', ['-c', keeper, keeperName, ...command], {
    ...who,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: serverEnvironment(),
  });
}

interface Ends {
  isOver: boolean;
  /** The keeper has ended. */
  readonly exited: Promise<void>;
  /** Nobody holds its output any more, so all its words are read. A child that cannot even be run ends with the system's. */
  readonly closed: Promise<string>;
}

function endsOf(child: Keeper, words: LastWords): Ends {
  child.stdin.on('error', () => {}); // the pipe breaks when the keeper goes first; its end is told below
  const failed = new Promise<string>((resolve) => child.once('error', (error) => resolve(error.message)));
  const closed = new Promise<string>((resolve) => child.once('close', () => resolve(words.last)));
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ends: Ends = { isOver: false, exited, closed: Promise.race([failed, closed]) };
  void ends.closed.then(() => {
    ends.isOver = true;
    child.stdin.destroy();
  });
  return ends;
}

/** A backend may hold the output of a killed server for a while, so its end counts, not theirs; a killed keeper is not the server's end. */
async function goneAfter(data: string, pid: number, { exited, closed }: Ends, clock: Clock): Promise<string> {
  const ended = exited.then(() => (isServerOf(data, pid) ? closed : sleep(clock, lastWordsMs).then(() => '')));
  return Promise.race([closed, ended]);
}

function firstPid(child: Keeper, closed: Promise<string>): Promise<number> {
  const told = new Promise<number>((resolve) => child.stdout.once('data', (chunk) => resolve(Number.parseInt(String(chunk), 10))));
  return Promise.race([told, closed.then((words) => Promise.reject(new EmbeddedStartError('its process ended at once', words)))]);
}

/** A file left by a killed server says "ready" too: only the line with our server's pid counts. */
const isReady = (data: string, pid: number): boolean => {
  const file = readPidFile(data);
  return file?.pid === pid && file.state === 'ready';
};

/** The server must not keep the process alive: when nothing else runs, we end, and the guard stops it. */
function release(child: Keeper): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as unknown as { unref?(): void }).unref?.();
}

/** Takes over a server that runs and has no keeper. */
export function adopt(data: string, pid: number, port: number, clock: Clock): RunningServer {
  return { pid, port, adopted: true, gone: guardAndWatch(data, pid, clock) };
}

function guardAndWatch(data: string, pid: number, clock: Clock): Promise<string> {
  const guard = spawnGuard(data, pid);
  return new Promise((resolve) => {
    const look = (): void => {
      if (isServerOf(data, pid)) return void clock.background(adoptedPollMs, look);
      guard.stdin.destroy();
      resolve('');
    };
    look();
  });
}

function spawnGuard(data: string, pid: number): ChildProcessByStdio<Writable, null, null> {
  const guard = spawn('/bin/sh', ['-c', lateGuard, keeperName, String(pid), data], { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.stdin.on('error', () => {}); // breaks when somebody kills the guard; the server is then adopted by the next start
  guard.on('error', () => {}); // no shell: the same
  guard.unref();
  (guard.stdin as unknown as { unref?(): void }).unref?.();
  return guard;
}

/** Signals the server if that pid still is one on our data. */
export function signal(data: string, pid: number, name: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): void {
  if (!isServerOf(data, pid)) return;
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The end of what the server said, bounded. */
class LastWords {
  #lines: string[] = [];
  add(text: string): void {
    this.#lines = [...this.#lines, ...text.split('\n').filter((line) => line.trim() !== '')].slice(-keptLines);
  }
  /** The line that explains most: the newest FATAL or PANIC, else the newest of all. */
  get last(): string {
    const worst = this.#lines.findLast((line) => /FATAL|PANIC/.test(line)) ?? this.#lines.at(-1) ?? '';
    return worst.replace(/^.*?(?=(FATAL|PANIC|ERROR|LOG):)/, '').slice(0, 300);
  }
}
