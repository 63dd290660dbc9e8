import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ChangesStatus } from '../../../src/database/index.ts';

export interface Told {
  readonly ready?: number;
  readonly row?: { readonly id: number; readonly version: number } | null;
  readonly versions?: readonly number[];
  readonly changes?: ChangesStatus;
  readonly tables?: { readonly doubts: number; readonly lapses: number; readonly isCold: boolean; readonly coldLoads: number; readonly usualPerSecond: number };
  readonly hits?: number;
  readonly misses?: number;
  readonly doubted?: number;
  readonly reads?: number;
  readonly failures?: number;
  readonly last?: readonly (readonly [string, number])[];
  readonly loads?: readonly (readonly [number, number])[];
}

/** A real process of a fleet. */
export class Member {
  readonly child: ChildProcess;
  readonly #told: Told[] = [];
  #wake = (): void => {};
  #isReady = false;

  constructor(...settings: readonly string[]) {
    const script = join(import.meta.dirname, 'start-fleet-process.ts');
    this.child = spawn(process.execPath, ['--conditions=millrace-source', '--no-warnings', script, ...settings], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.child.stdout as NonNullable<ChildProcess['stdout']> }).on('line', (line) => {
      this.#told.push(JSON.parse(line) as Told);
      this.#wake();
    });
  }

  async ask(call: string, more: { readonly ids?: number; readonly perMs?: number } = {}): Promise<Told> {
    if (!this.#isReady) await this.#next();
    this.#isReady = true;
    this.child.stdin?.write(`${JSON.stringify({ call, ...more })}\n`);
    return this.#next();
  }

  async changes(): Promise<ChangesStatus | undefined> {
    return (await this.ask('stats')).changes;
  }

  /** Ends it as a deployment does. */
  async stop(): Promise<void> {
    this.child.stdin?.write(`${JSON.stringify({ call: 'stop' })}\n`);
    await this.#gone();
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#gone();
  }

  async #gone(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
  }

  async #next(): Promise<Told> {
    while (this.#told.length === 0) {
      if (this.child.exitCode !== null) throw new Error(`the process ended with ${this.child.exitCode}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#told.shift() as Told;
  }
}

export const wallMs = (): number => performance.timeOrigin + performance.now();

export const until = async (what: string, holds: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> => {
  const endMs = performance.now() + withinMs;
  while (performance.now() < endMs) {
    if (await holds()) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within ${withinMs} ms: ${what}`);
};
