import { AsyncLocalStorage } from 'node:async_hooks';
import type { CallContext } from '../context/context.ts';

const scope = new AsyncLocalStorage<CallContext>();

/** The context of the call that is running, where an adapter or `runInContext` has set one. */
export const currentContext = (): CallContext | undefined => scope.getStore();

/** Runs `work`, and everything it starts, inside `context`. */
export const runInContext = <T>(context: CallContext, work: () => T): T => scope.run(context, work);

/** Enters `context` for the rest of the current asynchronous execution: for adapters whose hooks cannot wrap. */
export const enterContext = (context: CallContext): void => scope.enterWith(context);
