import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { messageOf } from '../../kernel/index.ts';
import { EmbeddedDirectoryError } from './errors.ts';
import { canEnter, type Identity } from './identity.ts';

/** Where everything of one embedded server lies. */
export interface Home {
  /** The directory in use, links resolved. */
  readonly path: string;
  /** PostgreSQL's own folder below it. */
  readonly data: string;
  /** The password of the superuser, mode 0600. */
  readonly passwordFile: string;
  /** What was asked for, where that is another directory. */
  readonly wanted: string | undefined;
}

/**
 * The directory asked for; or, where the server's user cannot get there (a project below a home of mode 700, started as root),
 * a folder for data that outlives a restart of the machine, named after the project's path so that the next start finds it again.
 */
export function openHome(directory: string, who: Identity | undefined): Home {
  const wanted = made(resolve(directory), who);
  if (!who || canEnter(wanted, who)) return described(wanted, undefined);
  const name = `millrace-${createHash('sha256').update(wanted).digest('hex').slice(0, 12)}`;
  const used = made(join(existsSync('/var/tmp') ? '/var/tmp' : tmpdir(), name), who);
  requireOurs(used);
  if (!canEnter(used, who)) throw new EmbeddedDirectoryError(wanted, `the server's user ${who.uid} can reach neither it nor ${used}`);
  return described(used, wanted);
}

const described = (path: string, wanted: string | undefined): Home => ({
  path,
  data: join(path, 'database'),
  passwordFile: join(path, 'password'),
  wanted,
});

/** Parents first, with their usual mode: a recursive mkdir would give the last one's mode to all of them. */
function made(path: string, who: Identity | undefined): string {
  try {
    mkdirSync(dirname(path), { recursive: true });
    if (!existsSync(path)) {
      mkdirSync(path);
      chmodSync(path, who ? 0o755 : 0o700);
    }
    if (!lstatSync(realpathSync(path)).isDirectory()) throw new Error('it is a file');
    return realpathSync(path);
  } catch (error) {
    throw new EmbeddedDirectoryError(path, reasonOf(error), { cause: error });
  }
}

/** A folder in a place where everybody may write is only ours when we made it. */
function requireOurs(path: string): void {
  const { uid, mode } = lstatSync(path);
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) throw new EmbeddedDirectoryError(path, 'it belongs to another user, or others may write it');
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'read-only file system',
  ENOTDIR: 'part of its path is a file',
  EEXIST: 'part of its path is a file',
  ENOSPC: 'no space left',
};

/** In words what the system said, with its code. */
export function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  const words = reasons[code ?? ''];
  return words === undefined ? messageOf(error) : `${words}, ${code}`;
}
