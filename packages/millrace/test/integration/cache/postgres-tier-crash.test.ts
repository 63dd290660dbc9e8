import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from 'millrace/database';
import { expect, it, onTestFinished } from 'vitest';
import { PostgresTier } from '../../../src/cache/tiers/postgres/index.ts';
import { entry, ownDatabase, request } from './postgres-support.ts';

it('C1 C8 a server that crashes comes back with empty tables: misses, and fills begun before are refused', async () => {
  const home = mkdtempSync(join(tmpdir(), 'millrace-crash-'));
  chmodSync(home, 0o755);
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const server = await startEmbedded({ directory: join(home, 'server') });
  onTestFinished(() => server.stop());
  const { database } = await ownDatabase(server.url);
  onTestFinished(() => database.stop('1s'));
  const tier = new PostgresTier(database);
  await tier.set([entry('x:1', 'kept')], request());
  const { entries, fence } = await tier.get(['x:1', 'x:2'], request());
  expect(entries[0]?.value).toBe('kept');
  const { pid } = server;
  process.kill(pid, 'SIGKILL');
  while (server.pid === pid || server.state !== 'ready') await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await answered(() => tier.set([{ ...entry('x:2', 'old'), fence }], request('5s')))).toEqual([false]);
  expect((await tier.get(['x:1', 'x:2'], request())).entries).toEqual([undefined, undefined]);
  expect(await tier.set([{ ...entry('x:2', 'old'), fence }], request())).toEqual([false]);
});

/** While the server starts again calls fail, as they should; this asks until one does not. */
async function answered<Out>(ask: () => Promise<Out>): Promise<Out> {
  for (let left = 200; ; left--) {
    try {
      return await ask();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
