import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { messageOf } from '../../kernel/index.ts';
import { NoDatabaseError } from './errors.ts';

/** The user the server runs as where that is not our own. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root: then it gets the user `postgres`, else `nobody`. Undefined = it runs as we do. */
export function serverIdentity(): Identity | undefined {
  if (process.getuid?.() !== 0) return requireOwnName();
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const entry = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!entry) throw new NoDatabaseError('this is root, PostgreSQL refuses to run as root, and /etc/passwd has neither postgres nor nobody; add one of them');
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

/** initdb looks its user up by number and gives up where the number has no name (containers started with any `--user`). */
function requireOwnName(): undefined {
  try {
    userInfo();
  } catch (error) {
    const why = `user id ${process.getuid?.()} has no name in /etc/passwd, which initdb needs; add a line for it (${messageOf(error)})`;
    throw new NoDatabaseError(why, { cause: error });
  }
  return undefined;
}

/** Can that user enter the directory? Asked of the kernel by entering it, not guessed from mode bits. */
export const canEnter = (directory: string, who: Identity): boolean =>
  spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], { ...who, cwd: '/', stdio: 'ignore' }).status === 0;
