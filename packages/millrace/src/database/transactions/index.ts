export type { TransactionOptions } from './options.ts';
export { runTransaction, type TransactionPorts } from './run.ts';
export { Transaction } from './transaction.ts';
