import { DecodeError } from './errors.ts';

/** Reads the fields of one message in order. Every read is checked: a message that ends early is an error, never a wrong value. */
export class FieldReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  letter(): string {
    return String.fromCharCode(this.byte());
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#take(2));
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  uint64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#take(8));
  }

  text(length: number): string {
    const at = this.#take(length);
    return this.#bytes.toString('utf8', at, at + length);
  }

  cString(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw new DecodeError(this.#bytes.length, 'a name without an end');
    return this.text(end - this.#at + 1).slice(0, -1);
  }

  skip(length: number): void {
    this.#take(length);
  }

  #take(length: number): number {
    const at = this.#at;
    if (length < 0 || at + length > this.#bytes.length) throw new DecodeError(this.#bytes.length, `${length} bytes wanted at ${at}`);
    this.#at = at + length;
    return at;
  }
}
