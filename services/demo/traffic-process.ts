import { type ChildProcess, fork } from 'node:child_process';
import { extname, join } from 'node:path';

const patienceMs = 2000;

/** The traffic in a process of its own, so that its work is not taken for the service's. */
export class TrafficProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #isStopping = false;

  constructor(url: string, rate: number, told: (line: string) => void) {
    const script = join(import.meta.dirname, `traffic${extname(import.meta.filename)}`);
    this.#child = fork(script, [url, String(rate)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        told(`The traffic could not be started (${error.message}); the service goes on without it`);
        resolve();
      });
      this.#child.once('exit', (code, signal) => {
        if (!this.#isStopping) told(`The traffic ended (${signal ?? `exit code ${code}`}); the service goes on without it`);
        resolve();
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** It ends by itself when the channel to us closes; one that does not is killed. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#child.connected) this.#child.disconnect();
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), patienceMs);
    await this.#ended;
    clearTimeout(kill);
  }
}
