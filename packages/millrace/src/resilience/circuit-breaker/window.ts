/** The outcomes of the last so many calls, one byte each, with a running count of failures. */
export class OutcomeWindow {
  readonly #outcomes: Uint8Array;
  #next = 0;
  #calls = 0;
  #failures = 0;

  constructor(length: number) {
    this.#outcomes = new Uint8Array(length);
  }

  record(hasFailed: boolean): void {
    if (this.#calls === this.#outcomes.length) this.#failures -= this.#outcomes[this.#next] as number;
    else this.#calls++;
    this.#outcomes[this.#next] = hasFailed ? 1 : 0;
    this.#failures += hasFailed ? 1 : 0;
    this.#next = (this.#next + 1) % this.#outcomes.length;
  }

  get calls(): number {
    return this.#calls;
  }

  get failures(): number {
    return this.#failures;
  }

  clear(): void {
    this.#next = 0;
    this.#calls = 0;
    this.#failures = 0;
  }
}
