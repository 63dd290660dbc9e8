/**
 * What became of a commit whose connection died. The server knows (pg_xact_status, PostgreSQL section 9.27.6), if it is still the same server:
 * after a failover another one may have given the same number to another transaction. So the timeline is learnt together with the id, and a
 * different one afterwards means that nobody can say.
 */
import { messageOf, rootContext, type System, sleep } from '../../kernel/index.ts';
import type { ConnectionPool } from '../pool/index.ts';

/** What was learnt before the commit ran. `transactionId` is null where nothing was written. */
export interface Learnt {
  readonly transactionId: string | null;
  readonly timeline: string;
}

export interface Settlement {
  readonly outcome: 'committed' | 'aborted' | 'unknown';
  readonly why: string;
}

const settleLimitMs = 5000;
const pauseMs = 50;
const askText = `select pg_xact_status($1::text::xid8) as "status", case when pg_is_in_recovery() then '' else left(pg_walfile_name(pg_current_wal_lsn()), 8) end as "timeline"`;

export async function settleCommit(system: System, pool: ConnectionPool, learnt: Learnt & { readonly transactionId: string }): Promise<Settlement> {
  const context = rootContext(system, 'database.settleCommit', { timeout: settleLimitMs, priority: 'critical' });
  let why = 'the server could not be asked';
  while (context.remainingMs() > 0) {
    try {
      const lease = await pool.acquire(context, context.operation);
      try {
        const { rows } = await lease.run({ text: askText, values: [learnt.transactionId] }, context, settleLimitMs);
        const { status, timeline } = rows[0] as { readonly status: string | null; readonly timeline: string };
        if (timeline !== learnt.timeline) return { outcome: 'unknown', why: 'another server answers now' };
        if (status === 'committed' || status === 'aborted') return { outcome: status, why: 'the server says so' };
        if (status === null) return { outcome: 'unknown', why: 'the server no longer remembers it' };
        why = `it was still ${status} after ${settleLimitMs} ms`;
      } finally {
        lease.release();
      }
    } catch (error) {
      why = messageOf(error);
    }
    await sleep(system.clock, pauseMs);
  }
  return { outcome: 'unknown', why };
}
