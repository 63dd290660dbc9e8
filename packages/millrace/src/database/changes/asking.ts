import type { Connection } from '../driver/index.ts';
import { parseLsn } from './positions.ts';
import { parseSnapshot, type Snapshot } from './snapshot.ts';

export type Asking = <T>(question: (connection: Connection) => Promise<T>) => Promise<T>;

/** A connection answers one statement at a time. */
export function oneByOne(connection: Connection): Asking {
  let last: Promise<unknown> = Promise.resolve();
  return (question) => {
    const answer = last.then(() => question(connection));
    last = answer.catch(() => {});
    return answer;
  };
}

const snapshotText = 'select pg_current_snapshot()::text as snapshot';

export async function snapshotOf(connection: Connection): Promise<Snapshot> {
  const [row] = (await connection.query({ text: snapshotText, name: 'millrace_snapshot' })).rows as { readonly snapshot: string }[];
  const snapshot = row && parseSnapshot(row.snapshot);
  if (!snapshot) throw new TypeError(`PostgreSQL sent a snapshot of an unknown form: ${JSON.stringify(row?.snapshot)}`);
  return snapshot;
}

/** Only what is flushed is sent, and a commit that waited for its flush is acknowledged and visible after it. */
export async function endOfLog(connection: Connection): Promise<bigint> {
  const [row] = (await connection.query({ text: 'select pg_current_wal_flush_lsn()::text as lsn', name: 'millrace_end_of_log' })).rows as {
    readonly lsn: string;
  }[];
  return parseLsn(row?.lsn ?? '');
}
