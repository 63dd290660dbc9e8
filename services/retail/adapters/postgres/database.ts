import type { Database as MillraceDatabase, Transaction } from 'millrace/database';
import type { ImportTarget } from '../import/import-sales.ts';
import type { BatchWriter } from '../import/write-dataset.ts';
import type { Database, Sql } from './sql.ts';

/** The part of Millrace's database that this service uses. */
export type DatabaseDoor = Pick<MillraceDatabase, 'executeQuery' | 'withTransaction'>;

const sqlIn = (transaction: Transaction): Sql => ({ rows: (text, values) => transaction.executeQuery(text, values) as Promise<never[]> });

const writerIn = (transaction: Transaction): BatchWriter => ({
  insertMany: (table, rows) => transaction.insertMany(table, rows),
  rows: (text, values) => transaction.executeQuery(text, values),
});

/** Statements and transactions in the service's own words. */
export const retailDatabase = (database: DatabaseDoor): Database => ({
  rows: (text, values, call) => database.executeQuery(text, values, call) as Promise<never[]>,
  transaction: (work, call) => database.withTransaction((transaction) => work(sqlIn(transaction)), call),
});

/** Where an import writes. It has no time limit of its own: who imports a large file waits for it. */
export const importTarget = (database: DatabaseDoor): ImportTarget => ({
  transaction: (work) => database.withTransaction((transaction) => work(writerIn(transaction))),
});
