import { rmSync } from 'node:fs';
import { type Clock, sleep } from '../../kernel/index.ts';
import type { Told } from './data-directory.ts';
import { EmbeddedStartError } from './errors.ts';
import { isServerOf, pidFilePath, readPidFile } from './pid-file.ts';
import { anybodyWorksIn, processFacts } from './process-table.ts';
import { adopt, keeperName, type RunningServer, signal } from './server-process.ts';

const pollMs = 20;

/**
 * What an earlier start may have left, told apart (a server whose password is lost cannot be adopted: it is stopped). A server of ours with a keeper is on its way out, because its starter is dead: wait for it.
 * One without a keeper is adopted. A pid file that names a living stranger would make PostgreSQL refuse, so it is removed, once nobody works
 * in the directory; one that names nobody is PostgreSQL's own to judge, as it also asks whether old backends still hold the shared memory.
 */
export async function meetLeftovers(data: string, canBeAdopted: boolean, waitMs: number, clock: Clock, told: Told): Promise<RunningServer | undefined> {
  const limitMs = clock.monotonicMs() + waitMs;
  for (let file = readPidFile(data); file; file = readPidFile(data)) {
    const { pid, port, state } = file;
    const isOurs = isServerOf(data, pid);
    if (!isOurs && (processFacts(pid) === undefined || removedStranger(data, pid, told))) return undefined;
    const isKept = processFacts(processFacts(pid)?.parentPid ?? 0)?.command.includes(keeperName);
    if (isOurs && state === 'ready' && !isKept) {
      if (canBeAdopted) return adopt(data, pid, port, clock);
      signal(data, pid, 'SIGINT');
    }
    if (clock.monotonicMs() > limitMs) throw new EmbeddedStartError(`process ${pid} of an earlier start is still ${state || 'there'} after ${waitMs} ms`, '');
    await sleep(clock, pollMs);
  }
  return undefined;
}

function removedStranger(data: string, pid: number, told: Told): boolean {
  if (anybodyWorksIn(data)) return false;
  rmSync(pidFilePath(data), { force: true });
  told(`a pid file that named process ${pid}, which is another program`);
  return true;
}
