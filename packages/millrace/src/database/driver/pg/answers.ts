import type { Answer, Field, TypeParsers } from '../port.ts';
import type { DataRow } from './shape.ts';

type Parser = (value: string) => unknown;

/** Builds one answer from the messages of one statement. A parser that throws is remembered, and what remains is read past it. */
export class AnswerBuilder {
  readonly rows: unknown[] = [];
  #fields: Field[] = [];
  #parsers: Parser[] = [];
  #empty: Record<string, unknown> = {};
  #failure: { readonly error: unknown } | undefined;
  readonly #types: TypeParsers;
  readonly #asArrays: boolean;

  constructor(types: TypeParsers, asArrays: boolean) {
    this.#types = types;
    this.#asArrays = asArrays;
  }

  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  get columns(): number {
    return this.#fields.length;
  }

  describe(fields: Field[]): void {
    this.#fields = fields;
    this.#parsers = fields.map(({ dataTypeID }) => this.#types.getTypeParser(dataTypeID, 'text'));
    this.#empty = Object.fromEntries(fields.map(({ name }) => [name, null]));
  }

  /** False when the row does not fit its description. */
  add({ fields }: DataRow): boolean {
    if (fields.length !== this.#fields.length) return false;
    if (this.#failure) return true;
    try {
      this.rows.push(this.#asArrays ? this.#arrayOf(fields) : this.#objectOf(fields));
    } catch (error) {
      this.#failure = { error };
    }
    return true;
  }

  complete(tag: string): Answer {
    return { rows: this.rows, rowCount: countOf(tag), command: tag.split(' ', 1)[0] as string, fields: this.#fields };
  }

  #arrayOf(fields: readonly (string | null)[]): unknown[] {
    const row = new Array<unknown>(fields.length);
    for (let index = 0; index < fields.length; index++) {
      const value = fields[index] as string | null;
      row[index] = value === null ? null : (this.#parsers[index] as Parser)(value);
    }
    return row;
  }

  #objectOf(fields: readonly (string | null)[]): Record<string, unknown> {
    const row = { ...this.#empty };
    for (let index = 0; index < fields.length; index++) {
      const value = fields[index] as string | null;
      row[(this.#fields[index] as Field).name] = value === null ? null : (this.#parsers[index] as Parser)(value);
    }
    return row;
  }
}

/** The last word: `SELECT 5`, `INSERT 0 5`; `BEGIN` and `CREATE TABLE` have none. */
const countOf = (tag: string): number | null => {
  const last = tag.slice(tag.lastIndexOf(' ') + 1);
  return last !== '' && /^\d+$/.test(last) ? Number(last) : null;
};
