import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from './directory.ts';
import { EmbeddedDirectoryError, EmbeddedInUseError } from './errors.ts';
import { processFacts } from './process-table.ts';

/** What the lock says of its holder: the moment its process began tells it from a later process with the same pid. */
interface Owner {
  readonly pid: number;
  readonly startedAt: string;
}

const attempts = 5;

/**
 * One start per directory. The lock is a file that names its holder; it is put there by `link`, which fails where a file is,
 * and a file whose holder is dead is moved away and looked at again before it is removed, so that two starts cannot both win.
 * Returns what gives it back.
 */
export function claim(home: string): () => void {
  const path = join(home, 'owner');
  const mine = `${path}.${process.pid}`;
  const me: Owner = { pid: process.pid, startedAt: processFacts(process.pid)?.startedAt ?? '' };
  try {
    writeFileSync(mine, JSON.stringify(me), { mode: 0o600 });
    take(home, path, mine);
  } catch (error) {
    if (error instanceof EmbeddedInUseError) throw error;
    throw new EmbeddedDirectoryError(home, reasonOf(error), { cause: error });
  } finally {
    rmSync(mine, { force: true });
  }
  return () => {
    if (readOwner(path)?.pid === process.pid) rmSync(path, { force: true });
  };
}

function take(home: string, path: string, mine: string): void {
  for (let attempt = 1; ; attempt++) {
    try {
      linkSync(mine, path);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === attempts) throw error;
    }
    const holder = readOwner(path);
    if (holder && lives(holder)) throw new EmbeddedInUseError(home, holder.pid);
    removeStale(home, path);
  }
}

function removeStale(home: string, path: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // another start was quicker
    throw error;
  }
  const moved = readOwner(aside);
  if (moved && lives(moved)) {
    renameSync(aside, path);
    throw new EmbeddedInUseError(home, moved.pid);
  }
  rmSync(aside, { force: true });
}

const lives = ({ pid, startedAt }: Owner): boolean => processFacts(pid)?.startedAt === startedAt;

function readOwner(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner;
  } catch {
    return undefined; // gone, or half written by a machine that lost power
  }
}
