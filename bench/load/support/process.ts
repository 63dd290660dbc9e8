import { type ChildProcess, spawn } from 'node:child_process';
import { pinned } from '../../harness/cores.ts';

/** What a side changes about its server. */
export interface Surroundings {
  readonly flags?: readonly string[];
  readonly settings?: Readonly<Record<string, string>>;
}

/** A process of the bench on a core of its own: it says one thing when it is ready, answers what it is asked, and ends when told to. */
export class PinnedProcess<Ready> {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly ready: Promise<Ready>;

  /** `input` is its first message: what is too long for an argument. `flags` are Node's own, `settings` go into its environment. */
  constructor(core: number, file: URL, args: readonly string[], input?: object, { flags = [], settings = {} }: Surroundings = {}) {
    this.#name = file.pathname.split('/').at(-1) as string;
    const [command, all] = pinned(core, process.execPath, ['--conditions=millrace-source', ...flags, file.pathname, ...args]);
    this.#child = spawn(command, all, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: { ...process.env, NODE_ENV: 'production', ...settings } });
    this.ready = this.#next<Ready>();
    if (input !== undefined) this.#child.send(input);
  }

  ask<Answer>(question: string): Promise<Answer> {
    const answer = this.#next<Answer>();
    this.#child.send(question);
    return answer;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) return resolve();
      this.#child.once('exit', () => resolve());
      this.#child.send('stop');
    });
  }

  #next<Message>(): Promise<Message> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null): void => reject(new Error(`${this.#name} ended with ${code}`));
      this.#child.once('exit', ended);
      this.#child.once('message', (message) => {
        this.#child.off('exit', ended);
        resolve(message as Message);
      });
    });
  }
}
