export { Queries, type RowOf } from './queries.ts';
export { holderOf, type StatementOptions, StatementRunner } from './runner.ts';
