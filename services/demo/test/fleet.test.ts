import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Demo, freePorts, plainEnvironment, repository, run, scratch, until } from './harness.ts';

it('C8 O1 three processes answer, what psql changes is the next answer of each, and SIGTERM ends them all with 0', async () => {
  const directory = join(scratch(), 'data');
  const port = await freePorts(3);
  const demo = new Demo({ words: ['--no-traffic', '--processes=3'], directory, port });
  await demo.ready();
  await until('all three answer', () => demo.out.includes(`3 processes answer on ports ${port}, ${port + 1}, ${port + 2}`));
  const id = /where id = (\d+)"/.exec(demo.out)?.[1];
  const name = async (at: number): Promise<unknown> => ((await (await fetch(`http://127.0.0.1:${at}/retail/products/${id}`)).json()) as { name: unknown }).name;
  const before = await Promise.all([port, port + 1, port + 2].map(name));
  expect(new Set(before).size).toBe(1);
  const text = `update retail.products set name = 'TEA FOR THREE' where id = ${id}`;
  await run(process.execPath, ['--conditions=millrace-source', join(repository, 'services/demo/psql.ts'), '-c', text], {
    ...plainEnvironment(),
    MILLRACE_DATABASE_EMBEDDED_DIRECTORY: directory,
  });
  for (const at of [port, port + 1, port + 2]) {
    await until(`${at} gives the new name`, async () => (await name(at)) === 'TEA FOR THREE');
    await until(`the change at ${at} is told`, () => demo.out.includes(`:${at} now answers "TEA FOR THREE"`));
  }
  demo.child.kill('SIGTERM');
  expect(await demo.ended).toBe(0);
  await expect(name(port + 2)).rejects.toThrow();
});
