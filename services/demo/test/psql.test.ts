import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { readConnection, removeConnection, writeConnection } from '../connection-file.ts';
import { findPsql, psqlEnvironment } from '../sql/program.ts';
import { type Answer, plainEnvironment, repository, run, scratch } from './harness.ts';

/** A folder in which a demo runs, as far as `npm run psql` can tell: this process. */
function demoFolder(): string {
  const directory = join(scratch(), 'data');
  writeConnection(directory, { url: inject('databaseUrl'), pid: process.pid });
  return directory;
}

/** A path with this Node and a shell, and no psql. */
function pathWithoutPsql(): string {
  const folder = join(scratch(), 'bin');
  mkdirSync(folder);
  symlinkSync(process.execPath, join(folder, 'node'));
  return folder;
}

const client = (directory: string, words: readonly string[], input = '', path = pathWithoutPsql()): Promise<Answer> =>
  run(
    process.execPath,
    ['--conditions=millrace-source', join(repository, 'services/demo/psql.ts'), ...words],
    { ...plainEnvironment(), PATH: path, MILLRACE_DATABASE_EMBEDDED_DIRECTORY: directory },
    input,
  );

it('O1 without psql on the machine a small client prints tables and ends with 0', async () => {
  const answer = await client(demoFolder(), ['-c', "select 1 as id, 'tea' as name, null as gone, 12345678901234567890.5 as big", '-c', 'select 2 as two']);
  expect(answer.errors).toBe('');
  expect(answer.out).toBe(
    [
      ' id | name | gone |          big',
      '----+------+------+------------------------',
      '  1 | tea  |      | 12345678901234567890.5',
      '(1 row)',
      '',
      ' two',
      '-----',
      '   2',
      '(1 row)',
      '',
      '',
    ].join('\n'),
  );
  expect(answer.code).toBe(0);
});

it('O1 the small client ends with 1 at the first error, and says what the server said', async () => {
  const answer = await client(demoFolder(), ['-c', 'select 1/0', '-c', 'select 2 as two']);
  expect(answer).toEqual({ code: 1, out: '', errors: 'ERROR:  division by zero\n' });
});

it('O1 the small client takes SQL from its standard input and from a file, and prints bare values', async () => {
  const directory = demoFolder();
  const file = join(scratch(), 'some.sql');
  writeFileSync(file, 'create temp table t (a int); insert into t values (1), (2); select sum(a) from t;');
  expect((await client(directory, ['-A', '-t'], "select 1, 'a'; select 2, 'b'")).out).toBe('1|a\n2|b\n');
  expect((await client(directory, ['-f', file])).out).toBe('CREATE\nINSERT 0 2\n sum\n-----\n   3\n(1 row)\n\n');
});

it('O1 a word the small client does not know is one line that says what it knows', async () => {
  const answer = await client(demoFolder(), ['--csv']);
  expect(answer.code).toBe(1);
  expect(answer.errors).toMatch(/^--csv is not known here: without psql on this machine, npm run psql takes .*\n$/);
});

it('O1 where no demo runs, npm run psql says so in one line', async () => {
  const answer = await client(join(scratch(), 'none'), ['-c', 'select 1']);
  expect(answer.code).toBe(2);
  expect(answer.errors).toMatch(/^No demo runs here .*: start it with npm start, or set DATABASE_URL\n$/);
});

it('O1 psql is used where the machine has it, and the password is in its environment, never in its arguments', async () => {
  const folder = pathWithoutPsql();
  const seen = join(scratch(), 'seen');
  writeFileSync(join(folder, 'psql'), `#!/bin/sh\necho "$PGHOST $PGUSER $PGPASSWORD" > ${seen}\necho "arguments: $*"\nexit 3\n`, { mode: 0o755 });
  const directory = join(scratch(), 'data');
  writeConnection(directory, { url: 'postgres://shop:s%20cret@127.0.0.1:5/sales', pid: process.pid });
  const answer = await client(directory, ['-c', 'select 1'], '', `${folder}:/usr/bin:/bin`);
  expect(answer).toEqual({ code: 3, out: 'arguments: -c select 1\n', errors: '' });
  expect((await run('/bin/cat', [seen], {})).out).toBe('127.0.0.1 shop s cret\n');
  expect(findPsql(folder)).toBe(join(folder, 'psql'));
  expect(psqlEnvironment('postgres://shop@[::1]/sales?sslmode=require')).toEqual({
    PGHOST: '::1',
    PGPORT: '5432',
    PGUSER: 'shop',
    PGPASSWORD: '',
    PGDATABASE: 'sales',
    PGSSLMODE: 'require',
  });
});

it('O1 npm run psql reaches the database of the folder it is called in', async () => {
  const env = { ...plainEnvironment(), MILLRACE_DATABASE_EMBEDDED_DIRECTORY: demoFolder() };
  const answer = await run('npm', ['run', '--silent', 'psql', '--', '-A', '-t', '-c', 'select 40 + 2'], env);
  expect(answer).toEqual({ code: 0, out: '42\n', errors: '' });
});

it('O1 the file that holds the address is for its owner only, and a dead demo is none', () => {
  const directory = demoFolder();
  expect(statSync(join(directory, 'connection.json')).mode & 0o777).toBe(0o600);
  removeConnection(directory);
  expect(readConnection(directory)).toBe(undefined);
  writeConnection(directory, { url: inject('databaseUrl'), pid: 2 ** 30 });
  expect(readConnection(directory)).toBe(undefined);
});
