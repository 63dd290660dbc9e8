const stepLimitMs = 30_000;

/** Thrown out of a start that was told to stop: not a failure. */
export class StoppedWhileStarting extends Error {
  override readonly name = 'StoppedWhileStarting';
}

interface Undo {
  readonly name: string;
  run(): Promise<void>;
}

/**
 * Starts one thing after the other and stops them last first. A stop that comes in the middle waits for the step that is under way, begins
 * no other, and takes back what was done; each step of it has its own limit, so that one that hangs does not keep the others running.
 */
export class Ordered {
  readonly #told: (line: string) => void;
  readonly #undo: Undo[] = [];
  #current: Promise<unknown> = Promise.resolve();
  #stopping: Promise<boolean> | undefined;

  constructor(told: (line: string) => void) {
    this.#told = told;
  }

  get isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  async step<T>(name: string, run: () => Promise<T>, undo?: (value: T) => Promise<void>): Promise<T> {
    if (this.isStopping) throw new StoppedWhileStarting();
    const work = run();
    this.#current = work.catch(() => {}); // told to the caller of this step
    const value = await work;
    if (undo) this.#undo.push({ name, run: () => undo(value) });
    return value;
  }

  /** Resolves true when everything stopped as it should. Asked twice, it answers with the same promise. */
  stop(): Promise<boolean> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<boolean> {
    await this.#current;
    await Promise.resolve(); // the step above still notes how it is taken back
    let isClean = true;
    for (const { name, run } of this.#undo.toReversed()) isClean = (await this.#stopOne(name, run)) && isClean;
    return isClean;
  }

  async #stopOne(name: string, run: () => Promise<void>): Promise<boolean> {
    const { promise: limit, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`not within ${stepLimitMs / 1000} s`)), stepLimitMs);
    try {
      await Promise.race([run(), limit]);
      return true;
    } catch (error) {
      this.#told(`${name} did not stop: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    } finally {
      clearTimeout(timer);
    }
  }
}
