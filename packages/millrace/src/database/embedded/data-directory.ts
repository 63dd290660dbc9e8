import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ids, messageOf } from '../../kernel/index.ts';
import { type Binaries, program } from './binaries.ts';
import { type Home, reasonOf } from './directory.ts';
import { EmbeddedDirectoryError, EmbeddedStartError, EmbeddedVersionError } from './errors.ts';
import type { Identity } from './identity.ts';
import { serverEnvironment } from './server-process.ts';

export type Told = (what: string) => void;

/** Makes sure there is data of our version and a password that opens it. initdb works in a folder of its own, which is renamed when whole. */
export async function prepareData(home: Home, binaries: Binaries, who: Identity | undefined, ids: Ids, told: Told): Promise<void> {
  sweepUnfinished(home, told);
  const found = versionOf(home);
  if (found !== undefined && found !== binaries.major) throw new EmbeddedVersionError(home.data, found, binaries.major);
  if (found === undefined) {
    moveUnfinishedAside(home, told);
    await makeData(home, binaries, who, readPassword(home) ?? writePassword(home, ids), ids);
  } else if (readPassword(home) === undefined) {
    replacePassword(home, binaries, who, writePassword(home, ids));
    told('the password file was missing; a new password was set');
  }
}

export function readPassword({ passwordFile }: Home): string | undefined {
  return existsSync(passwordFile) ? readFileSync(passwordFile, 'utf8').trim() || undefined : undefined;
}

function writePassword(home: Home, ids: Ids): string {
  const password = ids.hex(24);
  const whole = `${home.passwordFile}.new`;
  writeFileSync(whole, `${password}\n`, { mode: 0o600 });
  renameSync(whole, home.passwordFile);
  return password;
}

/** Major version of whole data, or undefined where there is none: initdb writes PG_VERSION early and pg_control late. */
function versionOf({ data }: Home): string | undefined {
  if (!existsSync(join(data, 'PG_VERSION'))) return undefined;
  const version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  return existsSync(join(data, 'global/pg_control')) ? version : undefined;
}

const unfinishedPrefix = 'database.new-';

/** Only the holder of the directory comes here, so what is unfinished is nobody's; an initdb that outlived its start may still write to it for a moment. */
function sweepUnfinished({ path }: Home, told: Told): void {
  for (const name of readdirSync(path).filter((one) => one.startsWith(unfinishedPrefix))) {
    try {
      rmSync(join(path, name), { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
      told('an initdb that was interrupted; its folder was removed');
    } catch (error) {
      told(`an initdb that was interrupted; its folder is removed by the next start (${messageOf(error)})`);
    }
  }
}

/** Files without a version or a control file are no database, but they may be somebody's: moved, not removed. */
function moveUnfinishedAside({ data }: Home, told: Told): void {
  if (!existsSync(data)) return;
  if (readdirSync(data).length > 0) {
    const aside = `${data}.unfinished`;
    rmSync(aside, { recursive: true, force: true });
    renameSync(data, aside);
    told(`${data} was no whole database; it was moved to ${aside}`);
  } else rmSync(data, { recursive: true });
}

async function makeData(home: Home, binaries: Binaries, who: Identity | undefined, password: string, ids: Ids): Promise<void> {
  const data = join(home.path, unfinishedPrefix + ids.hex(4));
  const passwordFile = join(data, '..', 'password.initdb');
  try {
    mkdirSync(data, { mode: 0o700 });
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    chmodSync(passwordFile, 0o600);
    for (const path of who ? [data, passwordFile] : []) chownSync(path, who!.uid, who!.gid);
  } catch (error) {
    throw new EmbeddedDirectoryError(home.path, reasonOf(error), { cause: error });
  }
  try {
    await initdb(binaries, who, data, passwordFile);
    renameSync(data, home.data);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Detached: Ctrl-C ends the start in its own order, not in the middle of this. */
function initdb(binaries: Binaries, who: Identity | undefined, data: string, passwordFile: string): Promise<void> {
  const sameEverywhere = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  const args = ['-D', data, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, ...sameEverywhere, '--no-sync', '--no-instructions'];
  const child = spawn(program(binaries, 'initdb'), args, {
    ...who,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: serverEnvironment(),
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = (said + String(chunk)).slice(-2000);
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new EmbeddedStartError('initdb could not be run', error.message, { cause: error })));
    child.once('close', (code, signal) => (code === 0 ? resolve() : reject(new EmbeddedStartError(`initdb ended with ${signal ?? code}`, lastLine(said)))));
  });
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

/** Single-user mode asks for no password: whoever may read the data owns it. */
function replacePassword(home: Home, binaries: Binaries, who: Identity | undefined, password: string): void {
  const answer = spawnSync(program(binaries, 'postgres'), ['--single', '-D', home.data, 'postgres'], {
    ...who,
    cwd: '/',
    encoding: 'utf8',
    env: serverEnvironment(),
    input: `ALTER ROLE postgres PASSWORD '${password}'\n`,
  });
  if (answer.status === 0) return;
  rmSync(home.passwordFile, { force: true });
  throw new EmbeddedStartError('its password file is missing and no new password could be set', lastLine(answer.stderr ?? ''));
}
