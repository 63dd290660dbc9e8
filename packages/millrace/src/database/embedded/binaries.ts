import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, existsSync, lstatSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../../kernel/index.ts';
import { NoDatabaseError } from './errors.ts';
import type { Identity } from './identity.ts';
import { isMusl, packageFor, packageNames } from './platform.ts';

/** The programs, where the server's user can run them. */
export interface Binaries {
  /** Holds `bin`, `lib` and `share`. */
  readonly home: string;
  /** Such as `18.4`. */
  readonly version: string;
  /** Such as `18`. */
  readonly major: string;
}

export const program = (binaries: Pick<Binaries, 'home'>, name: 'initdb' | 'postgres'): string => join(binaries.home, 'bin', name);

/**
 * Finds the installed package and makes it runnable. An npm package cannot hold symbolic links, so the package's install script makes them;
 * with install scripts off that is ours to do: in the package where we may write and the server's user may read, else in a copy below `directory`.
 */
export function findBinaries(directory: string, who: Identity | undefined): Binaries {
  const installed = installedPackage();
  const inPlace = tryLinks(installed) ? probe(installed, who) : undefined;
  if (inPlace?.status === 0) return described(installed, inPlace);
  const copy = copyInto(directory, installed);
  const answer = probe(copy, who);
  if (answer.status === 0) return described(copy, answer);
  throw new NoDatabaseError(isMusl() ? 'it is built for glibc, and this system has musl; set DATABASE_URL' : `its program does not run (${whyNot(answer)})`);
}

function installedPackage(): string {
  const name = packageFor(process.platform, process.arch);
  if (name === undefined) {
    throw new NoDatabaseError(`there is no package for ${process.platform}-${process.arch}, only ${packageNames.join(', ')}; set DATABASE_URL`);
  }
  const places = [import.meta.url, join(process.cwd(), 'package.json')];
  for (const from of places) {
    try {
      return join(dirname(createRequire(from).resolve(name)), '..', 'native');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw new NoDatabaseError(`${name} is broken: ${messageOf(error)}`, { cause: error });
    }
  }
  throw new NoDatabaseError(`${name} is not installed; run npm install -D ${name}, or set DATABASE_URL`);
}

interface Link {
  readonly at: string;
  readonly to: string;
}

/** The links the package asks for; each lies in the folder of the file it names. */
function linksOf(home: string): readonly Link[] {
  const list = join(home, 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  const entries = JSON.parse(readFileSync(list, 'utf8')) as readonly { source: string; target: string }[];
  return entries.map(({ source, target }) => ({ at: join(home, '..', target), to: basename(source) }));
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

function makeLinks(links: readonly Link[]): void {
  for (const { at, to } of links.filter((one) => !isThere(one.at))) {
    try {
      symlinkSync(to, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another start made it meanwhile
    }
  }
}

function tryLinks(home: string): boolean {
  try {
    makeLinks(linksOf(home));
    return true;
  } catch {
    return false; // the packages are not ours to write: a copy gets the links
  }
}

/** Copied under another name and renamed, so that a copy that is there is a whole one. */
function copyInto(directory: string, installed: string): string {
  const { version } = JSON.parse(readFileSync(join(installed, '..', 'package.json'), 'utf8')) as { version: string };
  const parent = join(directory, `postgresql-${version}`);
  const home = join(parent, 'native');
  if (existsSync(home)) return home;
  const unfinished = `${parent}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  cpSync(installed, join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true });
  makeLinks(linksOf(join(unfinished, 'native')));
  renameSync(unfinished, parent);
  return home;
}

/** Can that user run it? Asked of the kernel: a home of mode 700 above it answers EACCES. */
const probe = (home: string, who: Identity | undefined): SpawnSyncReturns<string> =>
  spawnSync(program({ home }, 'postgres'), ['--version'], { ...who, cwd: '/', encoding: 'utf8' });

const whyNot = ({ error, stderr, status }: SpawnSyncReturns<string>): string => error?.message ?? (stderr.trim() || `exit code ${status}`);

function described(home: string, { stdout }: SpawnSyncReturns<string>): Binaries {
  const version = /\d+(\.\d+)*/.exec(stdout)?.[0] ?? 'unknown';
  return { home, version, major: version.split('.')[0] ?? version };
}
