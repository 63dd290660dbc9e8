export { BatchError } from './errors.ts';
export { type InsertManyOptions, type InsertManyResult, insertMany, type RowSource } from './insert-many.ts';
export { quoteName } from './quote.ts';
