import type { Clock } from '../../kernel/index.ts';

/** What happened, as a number that is the same for the same life, and as text where somebody wants to read it. */
export class Trace {
  readonly lines: string[] = [];
  readonly #clock: Clock;
  readonly #isKept: boolean;
  #hashes: [number, number] = [0x811c9dc5, 0x1b873593];

  constructor(clock: Clock, isKept: boolean) {
    this.#clock = clock;
    this.#isKept = isKept;
  }

  get digest(): string {
    return this.#hashes.map((hash) => (hash >>> 0).toString(16).padStart(8, '0')).join('');
  }

  note(what: () => string): void {
    const line = `${this.#clock.monotonicMs().toFixed(3)} ${what()}`;
    let [a, b] = this.#hashes;
    for (let at = 0; at < line.length; at++) {
      const code = line.charCodeAt(at);
      a = Math.imul(a ^ code, 0x01000193);
      b = Math.imul(b ^ (code + at), 0x85ebca6b) ^ (b >>> 13);
    }
    this.#hashes = [a, b];
    if (this.#isKept) this.lines.push(line);
  }
}
