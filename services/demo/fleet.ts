import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import type { Say } from './progress.ts';

const patienceMs = 10_000;
const lookEveryMs = 50;

export interface FleetFacts {
  /** Of the process that runs already. */
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string;
  /** Processes beside that one. */
  readonly more: number;
  /** The product whose name is watched. */
  readonly productId: number;
}

/**
 * More processes of the retail service on the same database, each with a memory of its own, and somebody who asks all of them for one product over and over
 * and says when an answer changes: what `psql` commits is the next answer of every one.
 */
export class Fleet {
  readonly #facts: FleetFacts;
  readonly #say: Say;
  readonly #members: ChildProcess[] = [];
  readonly #names: Map<number, string> = new Map();
  #looking: Promise<void> = Promise.resolve();
  #isStopping = false;
  #changedMs = 0;

  constructor(facts: FleetFacts, say: Say) {
    this.#facts = facts;
    this.#say = say;
  }

  get ports(): readonly number[] {
    return Array.from({ length: this.#facts.more + 1 }, (_, number) => this.#facts.port + number);
  }

  /** Resolves when every process answers. */
  async start(): Promise<void> {
    for (const port of this.ports.slice(1)) this.#members.push(this.#fork(port));
    await Promise.all(this.#members.map((member) => this.#ready(member)));
    this.#looking = this.#look();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#looking;
    await Promise.all(this.#members.map((member) => this.#end(member)));
  }

  #fork(port: number): ChildProcess {
    const env = { ...process.env, DATABASE_URL: this.#facts.databaseUrl, PORT: String(port), HOST: this.#facts.host };
    const script = join(import.meta.dirname, `fleet-member${extname(import.meta.filename)}`);
    return fork(script, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  }

  async #ready(member: ChildProcess): Promise<void> {
    const [outcome] = (await Promise.race([once(member, 'message'), once(member, 'exit')])) as [unknown];
    if (outcome !== 'ready') throw new Error(`A process of the fleet ended with ${String(outcome)} before it answered`);
  }

  async #end(member: ChildProcess): Promise<void> {
    if (member.exitCode !== null || member.signalCode !== null) return;
    const ended = once(member, 'exit');
    member.kill('SIGTERM');
    const kill = setTimeout(() => member.kill('SIGKILL'), patienceMs);
    await ended;
    clearTimeout(kill);
  }

  async #look(): Promise<void> {
    while (!this.#isStopping) {
      await Promise.all(this.ports.map((port) => this.#ask(port)));
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  }

  async #ask(port: number): Promise<void> {
    try {
      const { name } = (await (await fetch(`http://${this.#facts.host}:${port}/retail/products/${this.#facts.productId}`)).json()) as { name?: string };
      if (name !== undefined) this.#note(port, name);
    } catch (error) {
      if (!this.#isStopping) this.#say(`  :${port} did not answer: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #note(port: number, name: string): void {
    const before = this.#names.get(port);
    if (before === name) return;
    const isFirst = ![...this.#names.values()].includes(name);
    this.#names.set(port, name);
    if (isFirst) this.#changedMs = performance.now();
    const laterMs = Math.round(performance.now() - this.#changedMs);
    if (before !== undefined) this.#say(`  :${port} now answers ${JSON.stringify(name)}${isFirst ? '' : `, ${laterMs} ms after the first`}`);
  }
}
