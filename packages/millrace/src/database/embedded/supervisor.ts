import {
  type Clock,
  type EventSink,
  type HealthCheck,
  type HealthReport,
  type Lifecycle,
  messageOf,
  StoppedError,
  type System,
  silent,
  sleep,
  system,
} from '../../kernel/index.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { prepareData, readPassword, type Told } from './data-directory.ts';
import { type Home, openHome } from './directory.ts';
import { EmbeddedStartError } from './errors.ts';
import type { EmbeddedEvents } from './events.ts';
import { freePort } from './free-port.ts';
import { type Identity, serverIdentity } from './identity.ts';
import { meetLeftovers } from './leftovers.ts';
import { type EmbeddedOptions, type ResolvedEmbeddedOptions, resolveEmbeddedOptions } from './options.ts';
import { claim } from './owner.ts';
import { isServerOf } from './pid-file.ts';
import { launch, type RunningServer, signal } from './server-process.ts';

/** `ready` takes connections; `restarting` died and comes back; `failed` died too often and stays down until the next start. */
export type EmbeddedState = 'starting' | 'ready' | 'restarting' | 'failed' | 'stopping' | 'stopped';

export interface EmbeddedPorts {
  readonly system?: System | undefined;
  readonly events?: EventSink<EmbeddedEvents> | undefined;
}

/** A real PostgreSQL that belongs to this process. */
export interface EmbeddedServer extends Lifecycle, HealthCheck {
  /** With the superuser's password: keep it out of logs. It stays the same through restarts of the server. */
  readonly url: string;
  /** Of the server's own process; changes when it is restarted. */
  readonly pid: number;
  readonly port: number;
  /** Such as `18.4`. */
  readonly version: string;
  /** PostgreSQL's own folder. */
  readonly dataDirectory: string;
  /** The directory asked for, where the server's user cannot reach it and the data lies elsewhere. */
  readonly wantedDirectory: string | undefined;
  /** True when a server left by a killed start was found running and taken over. */
  readonly adopted: boolean;
  readonly state: EmbeddedState;
  /** Calls `listener` at every change of `state`, until the returned function is called. */
  onState(listener: (state: EmbeddedState) => void): () => void;
}

const firstBackoffMs = 100;
const longestBackoffMs = 5000;
const stopPollMs = 10;
const killAfterMs = 5000;
const portAttempts = 3;

/** Log lines of statements and their values would be data outside the database: only what concerns the server itself is told. */
const quiet = { log_min_messages: 'log', log_min_error_statement: 'panic', log_error_verbosity: 'terse', log_checkpoints: 'off' };
const defaultSettings = {
  wal_level: 'logical',
  shared_preload_libraries: 'pg_stat_statements',
  max_connections: '100',
  max_wal_senders: '10',
  max_replication_slots: '10',
  ...quiet,
};

/**
 * Starts a real PostgreSQL 18 in `directory` and keeps it running until `stop()`. It listens on 127.0.0.1 only, wants its password
 * (SCRAM), and dies with this process however that ends.
 *
 * Fails with `MILLRACE_NO_DATABASE` (it cannot run here), `MILLRACE_EMBEDDED_IN_USE` (two starts in one directory), `MILLRACE_EMBEDDED_DIRECTORY`,
 * `MILLRACE_EMBEDDED_VERSION` (data of another major version), `MILLRACE_EMBEDDED_START`, or `MILLRACE_CONFIG`.
 */
export async function startEmbedded(options: EmbeddedOptions = {}, ports: EmbeddedPorts = {}): Promise<EmbeddedServer> {
  const server = new Supervisor(resolveEmbeddedOptions(options), ports);
  await server.start();
  return server;
}

class Supervisor implements EmbeddedServer {
  readonly name = 'embedded-postgresql';
  readonly #options: ResolvedEmbeddedOptions;
  readonly #clock: Clock;
  readonly #system: System;
  readonly #events: EventSink<EmbeddedEvents>;
  readonly #listeners = new Set<(state: EmbeddedState) => void>();
  readonly #told: Told;
  #state: EmbeddedState = 'stopped';
  #home!: Home;
  #who: Identity | undefined;
  #binaries!: Binaries;
  #password = '';
  #server: RunningServer | undefined;
  #giveBack: () => void = () => {};
  #restartsAtMs: number[] = [];
  #cancelRestart: () => void = () => {};
  #launching: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: ResolvedEmbeddedOptions, { system: given = system, events = silent }: EmbeddedPorts) {
    this.#options = options;
    this.#system = given;
    this.#clock = given.clock;
    this.#events = events;
    this.#told = (what) => this.#events.emit('database.embedded.recovered', () => ({ what }));
  }

  get state(): EmbeddedState {
    return this.#state;
  }
  get url(): string {
    return `postgres://postgres:${this.#password}@127.0.0.1:${this.port}/postgres`;
  }
  get pid(): number {
    return this.#running.pid;
  }
  get port(): number {
    return this.#running.port;
  }
  get adopted(): boolean {
    return this.#running.adopted;
  }
  get version(): string {
    return this.#binaries.version;
  }
  get dataDirectory(): string {
    return this.#home.data;
  }
  get wantedDirectory(): string | undefined {
    return this.#home.wanted;
  }
  get #running(): RunningServer {
    if (!this.#server) throw new StoppedError(this.name);
    return this.#server;
  }

  onState(listener: (state: EmbeddedState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  check(): Promise<HealthReport> {
    const state = this.#state === 'ready' ? 'up' : 'down';
    return Promise.resolve({ state, detail: { server: this.#state, restarts: this.#restartsAtMs.length } });
  }

  async start(): Promise<void> {
    if (this.#state !== 'stopped') return;
    this.#enter('starting');
    this.#stopping = undefined;
    this.#launching = this.#open();
    try {
      await this.#launching;
    } catch (error) {
      this.#giveBack();
      this.#enter('stopped');
      throw error;
    }
  }

  stop(): Promise<void> {
    if (this.#state === 'stopped') return Promise.resolve();
    this.#stopping ??= this.#close();
    return this.#stopping;
  }

  async #open(): Promise<void> {
    const { directory, stopTimeoutMs } = this.#options;
    this.#who = serverIdentity();
    this.#home = openHome(directory, this.#who);
    this.#giveBack = claim(this.#home.path);
    const { data, wanted, path } = this.#home;
    if (wanted !== undefined) this.#events.emit('database.embedded.relocated', () => ({ wanted, used: path }));
    this.#binaries = findBinaries(path, this.#who);
    const canBeAdopted = readPassword(this.#home) !== undefined;
    const adopted = await meetLeftovers(data, canBeAdopted, stopTimeoutMs + killAfterMs, this.#clock, this.#told);
    if (!adopted) await prepareData(this.#home, this.#binaries, this.#who, this.#system.ids, this.#told);
    this.#password = readPassword(this.#home) ?? '';
    if (adopted) this.#events.emit('database.embedded.adopted', () => ({ pid: adopted.pid, port: adopted.port }));
    this.#accept(adopted ?? (await this.#firstLaunch()));
  }

  /** Between finding a free port and PostgreSQL's own bind somebody else may take it: then another one. */
  async #firstLaunch(): Promise<RunningServer> {
    const { port } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#launch(await freePort(port));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new EmbeddedStartError(`port ${port} of 127.0.0.1 is in use`, '', { cause: error });
        const isTaken = error instanceof EmbeddedStartError && /TCP\/IP sockets|Address already in use/.test(error.message);
        if (!isTaken || port !== undefined || attempt === portAttempts) throw error;
      }
    }
  }

  async #launch(port: number): Promise<RunningServer> {
    const startedMs = this.#clock.monotonicMs();
    const { settings, startTimeoutMs } = this.#options;
    const plan = { binaries: this.#binaries, data: this.#home.data, who: this.#who, port, startTimeoutMs };
    const server = await launch({ ...plan, settings: { ...defaultSettings, ...settings } }, this.#clock);
    const tookMs = Math.round(this.#clock.monotonicMs() - startedMs);
    this.#events.emit('database.embedded.started', () => ({ pid: server.pid, port, tookMs }));
    return server;
  }

  #accept(server: RunningServer): void {
    this.#server = server;
    this.#enter('ready');
    void server.gone.then((lastWords) => this.#lost(server, lastWords));
  }

  /** It ended. Asked for: fine. Else it is started again on the same port, so that the URL stays true, a little later each time. */
  #lost({ pid, port }: Pick<RunningServer, 'pid' | 'port'>, lastWords: string): void {
    if (this.#state === 'stopping' || this.#state === 'stopped') return;
    const { maxRestarts, restartWindowMs } = this.#options;
    const nowMs = this.#clock.monotonicMs();
    this.#restartsAtMs = this.#restartsAtMs.filter((atMs) => nowMs - atMs < restartWindowMs);
    const restart = this.#restartsAtMs.length + 1;
    if (restart > maxRestarts) {
      this.#events.emit('database.embedded.failed', () => ({ restarts: maxRestarts, windowMs: restartWindowMs, lastWords }));
      this.#enter('failed');
      return;
    }
    this.#restartsAtMs.push(nowMs);
    const retryInMs = Math.min(longestBackoffMs, firstBackoffMs * 2 ** (restart - 1));
    this.#events.emit('database.embedded.exited', () => ({ pid, lastWords, restart, retryInMs }));
    this.#enter('restarting');
    this.#cancelRestart = this.#clock.background(retryInMs, () => {
      this.#launching = this.#restart(pid, port);
    });
  }

  async #restart(pid: number, port: number): Promise<void> {
    try {
      const server = await this.#launch(port);
      if (this.#state === 'restarting') this.#accept(server);
      else this.#server = server; // stop() came meanwhile and is waiting for this
    } catch (error) {
      this.#lost({ pid, port }, messageOf(error));
    }
  }

  async #close(): Promise<void> {
    this.#cancelRestart();
    const wasStarting = this.#state === 'starting';
    if (!wasStarting) this.#enter('stopping');
    await this.#launching?.catch(() => {}); // told to whoever started it
    this.#enter('stopping');
    try {
      if (this.#server) await this.#end(this.#server);
    } finally {
      this.#giveBack();
      this.#enter('stopped');
    }
  }

  /** Fast shutdown (18.5 "Shutting Down the Server"), then immediate, then kill. */
  async #end({ pid, gone }: RunningServer): Promise<void> {
    const startedMs = this.#clock.monotonicMs();
    const steps = [
      ['fast', 'SIGINT', this.#options.stopTimeoutMs],
      ['immediate', 'SIGQUIT', killAfterMs],
      ['killed', 'SIGKILL', killAfterMs],
    ] as const;
    for (const [how, name, patienceMs] of steps) {
      signal(this.#home.data, pid, name);
      if (!(await this.#isGone(pid, patienceMs))) continue;
      const tookMs = Math.round(this.#clock.monotonicMs() - startedMs);
      this.#events.emit('database.embedded.stopped', () => ({ pid, tookMs, how }));
      await gone;
      return;
    }
    throw new EmbeddedStartError(`process ${pid} does not end`, '');
  }

  async #isGone(pid: number, patienceMs: number): Promise<boolean> {
    const limitMs = this.#clock.monotonicMs() + patienceMs;
    while (isServerOf(this.#home.data, pid)) {
      if (this.#clock.monotonicMs() > limitMs) return false;
      await sleep(this.#clock, stopPollMs);
    }
    return true;
  }

  #enter(state: EmbeddedState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }
}
