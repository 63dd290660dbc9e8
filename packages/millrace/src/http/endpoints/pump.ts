import type { ServerResponse } from 'node:http';
import { AbortLink, type CallContext } from '../../kernel/index.ts';

type Chunk = string | Uint8Array;

/**
 * Streams an endpoint's answer: asks for the next piece only when the client has taken the last, and stops at once when the context is aborted,
 * because the client left or the service stops. A piece that is being waited for then is not waited for any more.
 */
export class Pump extends AbortLink {
  readonly #response: ServerResponse;
  readonly #context: CallContext;
  readonly #iterator: AsyncIterator<Chunk>;
  #stopWaiting: (() => void) | undefined = undefined;
  #isStopped = false;

  constructor(response: ServerResponse, body: AsyncIterable<Chunk>, context: CallContext) {
    super();
    this.#response = response;
    this.#context = context;
    this.#iterator = body[Symbol.asyncIterator]();
  }

  /** Resolves when the answer is out or nobody waits for it any more; rejects when the endpoint failed. The answer is ended in both cases. */
  async run(): Promise<void> {
    this.#context.link(this);
    try {
      while (!this.#isStopped && (await this.#step()));
      this.#response.end();
    } catch (error) {
      this.#response.destroy();
      throw error;
    } finally {
      this.#context.unlink(this);
    }
    if (this.#isStopped) await this.#iterator.return?.();
  }

  aborted(): void {
    this.#isStopped = true;
    this.#stopWaiting?.();
  }

  async #step(): Promise<boolean> {
    const next = await this.#orStopped<IteratorResult<Chunk>>((resolve, reject) => void this.#iterator.next().then(resolve, reject));
    if (!next || next.done || this.#isStopped) return false;
    if (!this.#response.write(next.value)) await this.#drained();
    return true;
  }

  async #drained(): Promise<void> {
    let taken = (): void => {};
    await this.#orStopped<void>((resolve) => {
      taken = (): void => resolve();
      this.#response.once('drain', taken);
    });
    this.#response.off('drain', taken);
  }

  /** One waiting at a time, ended by what it waits for or by the abort; nothing is left at the context for each piece. */
  #orStopped<T>(wait: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T | undefined> {
    return new Promise<T | undefined>((resolve, reject) => {
      this.#stopWaiting = () => resolve(undefined);
      if (this.#isStopped) resolve(undefined);
      else wait(resolve, reject);
    });
  }
}
