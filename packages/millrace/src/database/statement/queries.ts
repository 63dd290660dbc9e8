import type { CallContext } from '../../kernel/index.ts';
import { type InsertManyOptions, type InsertManyResult, insertMany, type RowSource } from '../batch/index.ts';
import type { Answer, Statement } from '../driver/index.ts';
import type { StatementOptions } from './runner.ts';

/** Rows are what the caller says they are: PostgreSQL's types are known to the server, not to the compiler. */
export type RowOf = object;

/** The calls that the database, a lent connection and a transaction have in common. Every statement goes by the extended protocol. */
export abstract class Queries {
  /** @internal */
  protected abstract answer(statement: Statement, options: StatementOptions | undefined): Promise<Answer>;
  /** @internal */
  protected abstract contextFor(operation: string, options: StatementOptions | undefined): CallContext;
  /** @internal A parameter's value as the driver would send it. */
  protected abstract textOf(value: unknown): string | null;

  /** The rows. @throws MILLRACE_QUERY, MILLRACE_TIMEOUT, MILLRACE_DEADLINE, MILLRACE_ABORTED, MILLRACE_POOL_BUSY, MILLRACE_UNAVAILABLE, MILLRACE_CONNECTION_LOST */
  async query<Row extends RowOf = Record<string, unknown>>(text: string, params?: readonly unknown[], options?: StatementOptions): Promise<Row[]> {
    return (await this.answer(statementOf(text, params, options), options)).rows as Row[];
  }

  /** The first row, or undefined where there is none. */
  async queryOne<Row extends RowOf = Record<string, unknown>>(text: string, params?: readonly unknown[], options?: StatementOptions): Promise<Row | undefined> {
    return (await this.answer(statementOf(text, params, options), options)).rows[0] as Row | undefined;
  }

  /** How many rows the statement changed or returned. */
  async execute(text: string, params?: readonly unknown[], options?: StatementOptions): Promise<number> {
    return (await this.answer(statementOf(text, params, options), options)).rowCount ?? 0;
  }

  /** The same as `query`, under the name that the source documents use. */
  executeQuery<Row extends RowOf = Record<string, unknown>>(text: string, params?: readonly unknown[], options?: StatementOptions): Promise<Row[]> {
    return this.query<Row>(text, params, options);
  }

  /** Writes many rows into one table, a few thousand per statement. See batch/insert-many.ts. */
  insertMany(table: string, rows: RowSource, options?: InsertManyOptions): Promise<InsertManyResult> {
    const context = this.contextFor('database.insertMany', options);
    const run = (statement: Statement): Promise<Answer> => this.answer(statement, context);
    return insertMany({ run, textOf: (value) => this.textOf(value) }, table, rows, options);
  }
}

const statementOf = (text: string, values: readonly unknown[] | undefined, options: StatementOptions | undefined): Statement => {
  const name = options !== undefined && 'name' in options ? options.name : undefined;
  return { text, values, name };
};
