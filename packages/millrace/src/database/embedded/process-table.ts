import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What the machine says about a living process. A pid alone proves nothing: containers reuse low ones. */
export interface ProcessFacts {
  readonly parentPid: number;
  /** Changes when the pid is given to another process. */
  readonly startedAt: string;
  readonly command: string;
}

/** The facts of `pid`, or undefined where no such process lives (a zombie does not). */
export function processFacts(pid: number, platform: NodeJS.Platform = process.platform): ProcessFacts | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

/** proc(5): the name in brackets may hold anything, so the fields are counted from the last bracket. */
function fromProc(pid: number): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ');
    return fields[0] === 'Z' ? undefined : { parentPid: Number(fields[1]), startedAt: fields[19] ?? '', command };
  } catch {
    return undefined; // it ended, also between the two reads
  }
}

function fromPs(pid: number): ProcessFacts | undefined {
  const answer = spawnSync('ps', ['-ww', '-o', 'ppid=,stat=,lstart=,command=', '-p', String(pid)], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  const [, parent, state, startedAt, command] = /^\s*(\d+)\s+(\S+)\s+((?:\S+\s+){4}\S+)\s+(.*)$/m.exec(answer.stdout ?? '') ?? [];
  return parent === undefined || state?.startsWith('Z') ? undefined : { parentPid: Number(parent), startedAt: startedAt ?? '', command: `${command ?? ''} ` };
}

/** Does a process work in that directory? PostgreSQL's own all do: its last backends may outlive a killed postmaster for a moment. Linux only. */
export const anybodyWorksIn = (directory: string): boolean =>
  process.platform === 'linux' &&
  readdirSync('/proc').some((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === directory;
    } catch {
      return false; // ended meanwhile, or another user's
    }
  });
