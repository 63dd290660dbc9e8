import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, inject, it, onTestFinished } from 'vitest';
import { type Answer, Demo, freePort, lives, plainEnvironment, repository, run, scratch, until } from './harness.ts';

const serverPid = (directory: string): number => Number(readFileSync(join(directory, 'database/postmaster.pid'), 'utf8').split('\n')[0]);

/** SQL as a user of the demo asks it. */
const sql = (directory: string, text: string): Promise<Answer> =>
  run(process.execPath, ['--conditions=millrace-source', join(repository, 'services/demo/psql.ts'), '-A', '-t', '-c', text], {
    ...plainEnvironment(),
    MILLRACE_DATABASE_EMBEDDED_DIRECTORY: directory,
  });

it('O1 one command starts everything: the pages of the banner answer, and SIGTERM ends it with 0', async () => {
  const directory = join(scratch(), 'data');
  const demo = new Demo({ directory, port: await freePort(), byNpm: true });
  const banner = await demo.ready();
  for (const word of ['Dashboard', 'API', 'OpenAPI', 'Database', 'Data', 'SQL', 'Versions', 'Stop', `${directory}/database`, 'Node 24.', 'PostgreSQL 18'])
    expect(banner).toContain(word);
  for (const path of ['/performance/ui/', '/retail/products', '/retail/openapi.json', '/performance/health/ready', '/metrics'])
    expect([path, (await demo.get(path)).status]).toEqual([path, 200]);
  const { items } = (await (await demo.get('/retail/products?limit=1')).json()) as { items: { id: number }[] };
  expect(await (await demo.get(`/retail/products/${items[0]?.id}`)).json()).toMatchObject({ id: items[0]?.id });
  const pid = serverPid(directory);
  demo.child.kill('SIGTERM');
  expect(await demo.ended).toBe(0);
  expect(lives(pid)).toBe(false);
  expect(demo.errors).toBe('');
});

it('O1 the import shows its progress once, and the second start keeps the data', async () => {
  const directory = join(scratch(), 'data');
  const first = new Demo({ directory, port: await freePort() });
  expect(await first.ready()).toMatch(/import.*\d/i);
  await sql(directory, "update retail.products set name = 'KEPT' where id = (select min(id) from retail.products)");
  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);
  const second = new Demo({ directory, port: await freePort() });
  await second.ready();
  expect((await sql(directory, "select count(*) from retail.products where name = 'KEPT'")).out).toBe('1\n');
  expect(Number((await sql(directory, 'select count(*) from retail.imports')).out)).toBe(1);
});

it('O1 npm run psql reaches the running demo, through a file that only its owner reads and that is gone after the stop', async () => {
  const directory = join(scratch(), 'data');
  const demo = new Demo({ directory, port: await freePort() });
  await demo.ready();
  expect(statSync(join(directory, 'connection.json')).mode & 0o777).toBe(0o600);
  expect(Number((await sql(directory, 'select count(*) from retail.products')).out)).toBeGreaterThan(1000);
  demo.child.kill('SIGTERM');
  await demo.ended;
  expect(existsSync(join(directory, 'connection.json'))).toBe(false);
});

it('O1 DATABASE_URL switches to a real server, and no embedded one is started', async () => {
  const name = `demo_${process.pid}`;
  const folder = scratch();
  const admin = (text: string): Promise<Answer> =>
    run(process.execPath, ['--conditions=millrace-source', join(repository, 'services/demo/psql.ts'), '-c', text], {
      ...plainEnvironment(),
      DATABASE_URL: inject('databaseUrl'),
      MILLRACE_DATABASE_EMBEDDED_DIRECTORY: join(folder, 'none'),
    });
  expect((await admin(`create database ${name}`)).code).toBe(0);
  onTestFinished(async () => void (await admin(`drop database if exists ${name} with (force)`)));
  const url = new URL(inject('databaseUrl'));
  url.pathname = `/${name}`;
  const directory = join(folder, 'data');
  const demo = new Demo({ directory, port: await freePort(), env: { DATABASE_URL: url.href } });
  const banner = await demo.ready();
  expect(banner).toContain(`127.0.0.1:${url.port}`);
  expect(banner).not.toContain(url.password || 'never');
  expect((await demo.get('/retail/products?limit=1')).status).toBe(200);
  expect(() => statSync(join(directory, 'database'))).toThrow('ENOENT');
  expect(Number((await sql(directory, 'select count(*) from retail.products')).out)).toBeGreaterThan(1000);
});

it('O1 the traffic is a process of its own, reads, writes, errs, and ends with the demo even when that is killed', async () => {
  const directory = join(scratch(), 'data');
  const demo = new Demo({ directory, port: await freePort(), words: ['--rate=200'] });
  const pid = Number(/traffic.*pid (\d+)/i.exec(await demo.ready())?.[1]);
  expect(lives(pid)).toBe(true);
  const seen = (text: string, pattern: RegExp): boolean => pattern.test(text);
  await until('reads, writes and wrong requests in the figures', async () => {
    const figures = await (await demo.get('/metrics')).text();
    return (
      seen(figures, /http_requests_total\{[^}]*GET[^}]*\/retail\/products\/:id[^}]*\} \d{2,}/) &&
      seen(figures, /\{[^}]*POST[^}]*\/retail\/sales/) &&
      seen(figures, /status_code="40[04]"/)
    );
  });
  const database = serverPid(directory);
  demo.child.kill('SIGKILL');
  await until('traffic and database are gone', () => !lives(pid) && !lives(database));
});

const refused: [string, (folder: string) => { env?: NodeJS.ProcessEnv; words?: string[]; directory?: string }, RegExp][] = [
  ['an unknown setting', () => ({ env: { MILLRACE_HTTP_PROT: '1' } }), /^MILLRACE_HTTP_PROT is not a setting: did you mean MILLRACE_HTTP_PORT\?$/],
  ['a port that is none', () => ({ env: { PORT: '70000' } }), /^PORT \(http\.port\) is 70000: write a whole number from 0 to 65535$/],
  ['a DATABASE_URL that is none', () => ({ env: { DATABASE_URL: 'mysql://root@localhost/shop' } }), /^DATABASE_URL.*: write a URL such as postgres:\/\//],
  ['a DATABASE_URL where nobody answers', () => ({ env: { DATABASE_URL: 'postgres://shop:canary-4711@127.0.0.1:9/shop' } }), /127\.0\.0\.1:9.*ECONNREFUSED/],
  ['a word that is no option', () => ({ words: ['--no-trafic'] }), /^--no-trafic is not an option: npm start takes -- --no-traffic/],
  [
    'a directory that cannot be written',
    (folder) => {
      writeFileSync(join(folder, 'file'), '');
      return { directory: join(folder, 'file/data') };
    },
    /file\/data cannot hold the embedded PostgreSQL's data \(part of its path is a file/,
  ],
];

it.each(refused)('O1 %s is one line, exit code 1 and no stack', async (_, make, line) => {
  const folder = scratch();
  const { env = {}, words = ['--no-traffic'], directory = join(folder, 'data') } = make(folder);
  const demo = new Demo({ directory, port: await freePort(), words, env });
  expect(await demo.ended).toBe(1);
  const lines = demo.errors.trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(line);
  expect(demo.out + demo.errors).not.toContain('canary-4711');
});

it('O1 a wrong password of DATABASE_URL is one line that does not repeat it', async () => {
  const url = new URL(inject('databaseUrl'));
  url.username = 'nobody_of_that_name';
  url.password = 'canary-4712';
  const demo = new Demo({ directory: join(scratch(), 'data'), port: await freePort(), env: { DATABASE_URL: url.href } });
  expect(await demo.ended).toBe(1);
  expect(demo.errors.trimEnd().split('\n')).toHaveLength(1);
  expect(demo.errors).toMatch(/refused the connection/);
  expect(demo.out + demo.errors).not.toContain('canary-4712');
});

it('O1 a port in use is one line that names it, and the database does not stay behind', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  const { port } = other.address() as { port: number };
  const directory = join(scratch(), 'data');
  const demo = new Demo({ directory, port });
  expect(await demo.ended).toBe(1);
  expect(demo.errors).toBe(`Port ${port} of 127.0.0.1 is in use: stop what listens there, or start with another PORT\n`);
  expect(() => serverPid(directory)).toThrow('ENOENT');
});

it('O1 a second start in one directory is refused by a line that names the first, which goes on', async () => {
  const directory = join(scratch(), 'data');
  const port = await freePort();
  const first = new Demo({ directory, port });
  await first.ready();
  const second = new Demo({ directory, port });
  expect(await second.ended).toBe(1);
  expect(second.errors).toMatch(new RegExp(`^${directory} is in use by process ${first.child.pid}, .*\n$`));
  expect((await first.get('/retail/products?limit=1')).status).toBe(200);
});

it('O1 data of another major version is one line', async () => {
  const directory = join(scratch(), 'data');
  mkdirSync(join(directory, 'database/global'), { recursive: true });
  writeFileSync(join(directory, 'database/PG_VERSION'), '15\n');
  writeFileSync(join(directory, 'database/global/pg_control'), '');
  const demo = new Demo({ directory, port: await freePort() });
  expect(await demo.ended).toBe(1);
  expect(demo.errors).toMatch(/^.* holds data of PostgreSQL 15, and the embedded server is PostgreSQL 18: .*\n$/);
});

it('O1 a database that dies is started again: readiness says so, and answers come again', async () => {
  const directory = join(scratch(), 'data');
  const demo = new Demo({ directory, port: await freePort() });
  await demo.ready();
  const settings = join(directory, 'database/postgresql.conf');
  renameSync(settings, `${settings}.away`); // so that it cannot come back before we have looked
  process.kill(serverPid(directory), 'SIGKILL');
  await until('readiness says no', async () => (await demo.get('/performance/health/ready')).status === 503);
  renameSync(`${settings}.away`, settings);
  await until('readiness says yes', async () => (await demo.get('/performance/health/ready')).status === 200);
  await until('answers again', async () => (await demo.get('/retail/products?limit=7')).status === 200);
});

it('O1 a project below a home of mode 700 is served, and the banner says where the data lies', async () => {
  const home = join(scratch(), 'home');
  mkdirSync(home, { mode: 0o700 });
  const directory = join(home, 'project/.millrace');
  const demo = new Demo({ directory, port: await freePort() });
  const banner = await demo.ready();
  const data = /Data\s+(\S+)/.exec(banner)?.[1] ?? '';
  if (process.getuid?.() === 0) {
    onTestFinished(() => rmSync(join(data, '..'), { recursive: true, force: true }));
    expect(banner).toContain(`cannot reach ${directory}, so the data lies in ${data}`);
  } else expect(data).toBe(join(directory, 'database'));
  expect((await sql(directory, 'select 1')).out).toBe('1\n');
});
