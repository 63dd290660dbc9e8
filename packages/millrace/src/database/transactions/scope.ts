import { AsyncLocalStorage } from 'node:async_hooks';

/** The transaction that the running code is inside of, by the database it belongs to: so that a nested `withTransaction` becomes a savepoint. */
const scope = new AsyncLocalStorage<{ readonly owner: object; readonly transaction: object }>();

export const currentTransaction = <T extends object>(owner: object): T | undefined => {
  const found = scope.getStore();
  return found?.owner === owner ? (found.transaction as T) : undefined;
};

export const insideTransaction = <T>(owner: object, transaction: object, work: () => T): T => scope.run({ owner, transaction }, work);
