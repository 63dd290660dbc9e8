/** The newest `length` steps of time, by their number. What was not written is a gap, what is too old is gone. */
export class Ring<Value> {
  readonly length: number;
  readonly #values: (Value | undefined)[];
  readonly #steps: Float64Array;

  constructor(length: number) {
    this.length = length;
    this.#values = new Array<Value | undefined>(length).fill(undefined);
    this.#steps = new Float64Array(length).fill(-1);
  }

  /** Returns what stood in its place. */
  set(step: number, value: Value): Value | undefined {
    const at = step % this.length;
    const before = this.#values[at];
    this.#values[at] = value;
    this.#steps[at] = step;
    return before;
  }

  get(step: number): Value | undefined {
    const at = step % this.length;
    return step >= 0 && this.#steps[at] === step ? this.#values[at] : undefined;
  }

  /** Empties that step and returns what was there. */
  drop(step: number): Value | undefined {
    const value = this.get(step);
    if (value !== undefined) this.#values[step % this.length] = undefined;
    return value;
  }
}
