import { CallContext, type CallOptions, contextOf, currentContext, type System } from '../../kernel/index.ts';
import type { Answer, Statement } from '../driver/index.ts';
import type { ConnectionPool, Lease } from '../pool/index.ts';
import { describeParameters, type StatementFigures, type StatementTracker } from '../tracking/index.ts';

/** How one statement runs: a context of the call, or plain options. */
export type StatementOptions = CallContext | (CallOptions & { readonly name?: string | undefined });

/** Runs statements: takes a connection, keeps the limits, notes where the time goes, counts. Everything that reaches the server comes through here. */
export class StatementRunner {
  readonly system: System;
  readonly pool: ConnectionPool;
  readonly #tracker: StatementTracker;

  constructor(system: System, pool: ConnectionPool, tracker: StatementTracker) {
    this.system = system;
    this.pool = pool;
    this.#tracker = tracker;
  }

  /** On any connection, given back when the statement has ended. */
  async run(statement: Statement, options: CallOptions | CallContext | undefined): Promise<Answer> {
    const figures = this.#tracker.figuresOf(statement.text);
    const holder = holderOf(options, figures.name);
    const context = contextOf(this.system, figures.name, options);
    const sinceMs = this.system.clock.monotonicMs();
    const lease = await this.pool.acquire(context, holder);
    try {
      return await this.#measured(lease, this.#nameless(statement), figures, context, sinceMs);
    } finally {
      lease.release();
    }
  }

  /** Behind a transaction pooler the next statement may reach a server connection that has never heard of the name. */
  #nameless(statement: Statement): Statement {
    return statement.name !== undefined && this.pool.isBehindPooler ? { ...statement, name: undefined } : statement;
  }

  /** On a connection that somebody holds. */
  runOn(lease: Lease, statement: Statement, context: CallContext): Promise<Answer> {
    const figures = this.#tracker.figuresOf(statement.text);
    return this.#measured(lease, this.#nameless(statement), figures, context.with({ operation: figures.name }), this.system.clock.monotonicMs());
  }

  async #measured(lease: Lease, statement: Statement, figures: StatementFigures, context: CallContext, askedMs: number): Promise<Answer> {
    const { clock } = this.system;
    const { recorder } = context;
    const step = recorder?.begin('database', figures.name, context.step) ?? -1;
    const sinceMs = clock.monotonicMs();
    let rows = 0;
    let failed = true;
    try {
      const answer = await lease.run(statement, context, this.pool.options.statementTimeoutMs);
      rows = answer.rowCount ?? answer.rows.length;
      failed = false;
      return answer;
    } finally {
      recorder?.end(step, failed ? (context.isAborted ? 'cancelled' : 'error') : 'ok');
      const describe = (): ReturnType<typeof describeFor> => describeFor(context, lease, statement, sinceMs - askedMs);
      this.#tracker.record(figures, clock.monotonicMs() - sinceMs, { rows, failed, describe });
    }
  }
}

const describeFor = (
  { correlationId, identity }: CallContext,
  { operation }: Lease,
  { values }: Statement,
  waitedMs: number,
): { waitedMs: number; parameters: readonly string[]; operation: string; caller: string | undefined; correlationId: string; traceId: string } => ({
  waitedMs,
  parameters: describeParameters(values),
  operation,
  caller: identity.caller,
  correlationId,
  traceId: identity.traceId,
});

/** The operation that asked, for reports of who holds what: the caller's, where there is one. */
export const holderOf = (options: CallOptions | CallContext | undefined, otherwise: string): string =>
  (options instanceof CallContext ? options : currentContext())?.operation ?? otherwise;
