import type { Answer, Statement } from '../driver/index.ts';
import { QueryError } from '../errors.ts';
import type { Callback, QueryConfig, QueryResult } from './types.ts';

/** What was asked for, in whichever of pg's forms: `(text, values?, callback?)` or `({ text, values, rowMode, types, name }, values?, callback?)`. */
export interface Asked {
  readonly statement: Statement;
  readonly callback: Callback<QueryResult> | undefined;
}

export function readArguments(given: readonly unknown[]): Asked {
  const callback = given.findLast((argument) => typeof argument === 'function') as Callback<QueryResult> | undefined;
  const [first, second] = given as [string | QueryConfig | null | undefined, readonly unknown[] | undefined];
  if (first === null || first === undefined || typeof first === 'function') throw new TypeError('A query is a text or an object with a text');
  if (typeof first === 'string') return { statement: statementOf({ text: first, values: listOf(second) }), callback };
  if ('submit' in first) throw new TypeError('Cursors and query streams (pg-cursor, pg-query-stream) are not carried by this pool');
  return { statement: statementOf({ ...first, values: listOf(second) ?? first.values }), callback: callback ?? callbackOf(first) };
}

const listOf = (given: unknown): readonly unknown[] | undefined => (Array.isArray(given) ? given : undefined);
const callbackOf = (config: object): Callback<QueryResult> | undefined =>
  'callback' in config && typeof config.callback === 'function' ? (config.callback as Callback<QueryResult>) : undefined;

/** As pg decides it: without values and without a name the simple protocol, in which one text may hold several statements. */
const statementOf = ({ text, values, name, rowMode, types }: QueryConfig): Statement => ({
  text,
  values,
  name,
  rowMode,
  types,
  isPlain: name === undefined && (values === undefined || values.length === 0),
});

/** Answers by callback or by promise. */
export function deliver(work: Promise<Answer>, callback: Callback<QueryResult> | undefined): Promise<QueryResult> | undefined {
  const result = work.then(resultOf, (error: unknown) => {
    throw errorOf(error);
  });
  if (!callback) return result;
  result.then(
    (value) => callback(null as unknown as Error, value),
    (error: Error) => callback(error, undefined as unknown as QueryResult),
  );
  return undefined;
}

const resultOf = (answer: Answer): QueryResult => (answer.series ? (answer.series.map(one) as unknown as QueryResult) : one(answer));
/** An empty text has no command: null there, whatever pg's types say. */
const one = ({ command, rowCount, rows, fields }: Answer): QueryResult => ({
  command: command || (null as unknown as string),
  rowCount,
  oid: 0,
  rows: rows as Record<string, unknown>[],
  fields,
});

/** An error of PostgreSQL as `pg` throws it, since ORMs read its `code`; the others are ours. */
const errorOf = (error: unknown): unknown => (error instanceof QueryError && error.cause instanceof Error ? error.cause : error);
