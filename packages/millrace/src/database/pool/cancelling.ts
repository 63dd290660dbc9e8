/**
 * Cutting a statement off, so that the cancel can never reach the next one.
 *
 * A CancelRequest names a server process, not a statement: whatever that process runs when the signal arrives is cancelled. So the connection
 * is nobody's until three things were seen: the server closed the cancel's socket (from then on the signal is in the process's queue), the
 * statement ended (ReadyForQuery), and a no-op came back after both (a signal in the queue has then hit the no-op, or nothing). On any doubt
 * the connection is destroyed; a wrong cancel costs more than a new connection.
 */
import type { Clock } from '../../kernel/index.ts';
import { type Connection, isServerError } from '../driver/index.ts';
import { within } from './within.ts';

const canceledState = '57014';
/** Each of the three steps may take so long. */
const stepLimitMs = 5000;

/** True when the connection may be used again; false when it was destroyed. `rested` settles when the statement has ended, well or not. */
export async function cancelStatement(connection: Connection, rested: Promise<void>, clock: Clock): Promise<boolean> {
  try {
    await within(clock, stepLimitMs, connection.cancel(stepLimitMs));
    await within(clock, stepLimitMs, rested);
    if (connection.isOpen) await proveQuiet(connection, clock);
  } catch {
    // Whatever went wrong, the doubt is the same: what arrives on this connection from now on belongs to nobody.
    connection.destroy();
  }
  return connection.isOpen;
}

/** One no-op, and another where the late signal hit the first. */
async function proveQuiet(connection: Connection, clock: Clock): Promise<void> {
  try {
    await within(clock, stepLimitMs, connection.query({ text: '', isPlain: true }));
  } catch (error) {
    if (!isServerError(error) || error.code !== canceledState) throw error;
    await within(clock, stepLimitMs, connection.query({ text: '', isPlain: true }));
  }
}
