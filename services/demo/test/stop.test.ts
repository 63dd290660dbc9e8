import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Demo, freePort, lives, scratch, until } from './harness.ts';

const serverPid = (directory: string): number => Number(readFileSync(join(directory, 'database/postmaster.pid'), 'utf8').split('\n')[0]);

it('H9 Ctrl-C arrives twice, from the terminal and from npm, and is one orderly stop', async () => {
  const directory = join(scratch(), 'data');
  const demo = new Demo({ directory, port: await freePort(), byNpm: true, words: [] });
  await demo.ready();
  const pid = serverPid(directory);
  process.kill(-demo.child.pid!, 'SIGINT'); // npm, which passes it on, and the server
  expect(await demo.ended).toBe(0);
  expect(lives(pid)).toBe(false);
  expect(demo.errors).toBe('');
  expect(existsSync(join(directory, 'database/postmaster.pid'))).toBe(false); // PostgreSQL closed its books
});

it('H9 a second signal later than that forces: exit code 1, and the database ends by itself', async () => {
  const directory = join(scratch(), 'data');
  const demo = new Demo({ directory, port: await freePort() });
  await demo.ready();
  const pid = serverPid(directory);
  process.kill(pid, 'SIGSTOP'); // so that the orderly stop cannot end
  demo.child.kill('SIGTERM');
  await until('the stop began', () => demo.out.includes('stopping in order'));
  const begunMs = performance.now();
  await until('longer than what is taken for one signal', () => performance.now() - begunMs > 300);
  demo.child.kill('SIGTERM');
  expect(await demo.ended).toBe(1);
  process.kill(pid, 'SIGCONT');
  await until('the database is gone', () => !lives(pid));
});

it('H9 a stop in the middle of the start takes back what was started and exits 0', async () => {
  const directory = join(scratch(), 'data');
  const demo = new Demo({ directory, port: await freePort() });
  await until('the database runs', () => existsSync(join(directory, 'database/postmaster.pid')));
  demo.child.kill('SIGTERM');
  expect(await demo.ended).toBe(0);
  expect(demo.out).not.toContain('is ready');
  expect(existsSync(join(directory, 'database/postmaster.pid'))).toBe(false);
});

it('H9 under load a stop answers every request: visitors go when they are told that the connection closes, and none fails', async () => {
  const demo = new Demo({ directory: join(scratch(), 'data'), port: await freePort(), env: { MILLRACE_HTTP_LAME_DUCK: '2s' } });
  await demo.ready();
  const statuses: number[] = [];
  const failures: string[] = [];
  let told = 0;
  const visitor = async (number: number): Promise<void> => {
    for (let turn = 0; failures.length === 0; turn++) {
      const answer = await demo.get(`/retail/products/${1 + ((number * 31 + turn) % 500)}/stock`);
      await answer.arrayBuffer();
      statuses.push(answer.status);
      if (answer.headers.get('connection') !== 'close') continue;
      told++;
      return;
    }
  };
  const visitors = Array.from({ length: 8 }, (_, number) =>
    visitor(number).catch((error: Error) => void failures.push(`${error.message}: ${String(error.cause)}`)),
  );
  await until('load', () => statuses.length > 200);
  demo.child.kill('SIGTERM');
  await Promise.all(visitors);
  expect(failures).toEqual([]);
  expect(told).toBe(8);
  expect(statuses.filter((status) => status !== 200 && status !== 404)).toEqual([]);
  expect(await demo.ended).toBe(0);
});

it('O1 npm killed by -9: the server stops in order by itself, and leaves nothing', async () => {
  const directory = join(scratch(), 'data');
  const demo = new Demo({ directory, port: await freePort(), byNpm: true });
  await demo.ready();
  const pid = serverPid(directory);
  demo.child.kill('SIGKILL');
  await until('database and server are gone', () => !lives(pid) && !existsSync(join(directory, 'owner')));
  expect(readdirSync(directory)).not.toContain('connection.json');
  expect(existsSync(join(directory, 'database/postmaster.pid'))).toBe(false);
});

it('O1 the server killed by -9 leaves no database behind that the next start could not use', async () => {
  const directory = join(scratch(), 'data');
  const first = new Demo({ directory, port: await freePort() });
  await first.ready();
  const pid = serverPid(directory);
  first.child.kill('SIGKILL');
  await first.ended;
  const second = new Demo({ directory, port: await freePort() });
  await second.ready();
  expect((await second.get('/retail/products?limit=1')).status).toBe(200);
  expect(lives(pid)).toBe(serverPid(directory) === pid); // gone, or adopted
});
