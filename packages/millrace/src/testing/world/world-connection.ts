import type { WorldLink, WorldNetwork } from './world-network.ts';
import type { WorldProcess } from './world-process.ts';

export class WorldConnectionError extends Error {
  constructor(server: string) {
    super(`The connection to ${server} is cut`);
  }
}

/** Questions of a process to a server and the answers, over two links. A cut fails what waits and refuses what comes; a server that stands still answers late. */
export class WorldConnection {
  readonly up: WorldLink;
  readonly down: WorldLink;
  readonly #process: WorldProcess;
  readonly #server: WorldProcess;
  readonly #waiting: Set<(error: Error) => void> = new Set();

  constructor(network: WorldNetwork, process: WorldProcess, server: WorldProcess) {
    this.up = network.link();
    this.down = network.link();
    this.#process = process;
    this.#server = server;
  }

  /** `serve` runs at the server when the question has arrived there. */
  ask<Answer>(serve: () => Answer | Promise<Answer>): Promise<Answer> {
    if (this.up.isCut) return Promise.reject(new WorldConnectionError(this.#server.name));
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      this.up.send(() => this.#server.receive(this.up, () => this.#serve(serve, resolve, reject)));
    });
  }

  cut(): void {
    this.up.cut();
    this.down.cut();
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#process.receive(this.down, () => {
      for (const reject of waiting) reject(new WorldConnectionError(this.#server.name));
    });
  }

  heal(): void {
    this.up.heal();
    this.down.heal();
  }

  #serve<Answer>(serve: () => Answer | Promise<Answer>, resolve: (answer: Answer) => void, reject: (error: Error) => void): void {
    const reply = (answer: Answer): void =>
      this.down.send(() =>
        this.#process.receive(this.down, () => {
          this.#waiting.delete(reject);
          resolve(answer);
        }),
      );
    const answer = serve();
    if (answer instanceof Promise) void answer.then(reply);
    else reply(answer);
  }
}
