import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ScratchRedis, startRedis } from '../redis/scratch.ts';
import { type OwnDatabase, ownDatabase } from './postgres-support.ts';

/*
 * Real processes that ask for one thing at once. The loader counts itself where it loads, at the server, so that nobody can miscount; each load takes 300 ms.
 */

interface Answer {
  readonly answered: number;
  readonly by: readonly number[];
  readonly failures: readonly string[];
}

let own: OwnDatabase;
let redis: ScratchRedis;
const folder = mkdtempSync(join(tmpdir(), 'millrace-loads-'));
chmodSync(folder, 0o755);
let started: Loader[] = [];

class Loader {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(kind: string) {
    const settings = { kind, databaseUrl: own.url, redisUrl: redis.url, directory: join(folder, 'disk') };
    const args = ['--conditions=millrace-source', join(import.meta.dirname, 'start-loader-process.ts'), JSON.stringify(settings)];
    this.child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.child.stdout as NonNullable<ChildProcess['stdout']> })[Symbol.asyncIterator]();
  }

  async next<Told = Answer>(): Promise<Told> {
    return JSON.parse((await this.#lines.next()).value as string) as Told;
  }

  /** `isCutOff`: its loader has no way to the database any more; what its tier uses, has. */
  ask(id: string, callers: number, isCutOff = false): Promise<Answer> {
    this.child.stdin?.write(`${JSON.stringify({ id, callers, isCutOff })}\n`);
    return this.next();
  }
}

const start = async (kind: string, count: number): Promise<Loader[]> => {
  started = Array.from({ length: count }, () => new Loader(kind));
  for (const one of started) await one.next();
  return started;
};
const loadsOf = async (id: string): Promise<number> =>
  Number((await own.database.query<{ n: string }>('select count(*) as n from loads where id = $1', [id]))[0]?.n);
const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (let turn = 0; turn < 2000; turn++) if (await holds()) return;
  throw new Error(`not within 2,000 looks: ${what}`);
};

beforeAll(async () => {
  own = await ownDatabase();
  redis = await startRedis();
  await own.database.execute('create table loads (id text not null, by int not null)');
});
afterEach(() => {
  for (const { child } of started) child.kill('SIGKILL');
});
afterAll(async () => {
  await own.drop();
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(['redis', 'postgres'])('over the %s tier', (kind) => {
  it('C5 four processes with a thousand callers each make one load', async () => {
    const fleet = await start(kind, 4);
    const id = `one-${kind}`;
    const answers = await Promise.all(fleet.map((one) => one.ask(id, 1000)));
    expect(answers.map(({ answered }) => answered)).toEqual([1000, 1000, 1000, 1000]);
    expect(new Set(answers.flatMap(({ by }) => by)).size).toBe(1);
    expect(await loadsOf(id)).toBe(1);
  });

  it('C5 a load that fails is tried once by a burst of all processes, and each caller hears why', async () => {
    const fleet = await start(kind, 4);
    const id = `broken-${kind}`;
    const answers = await Promise.all(fleet.map((one) => one.ask(id, 1000)));
    expect(answers.every(({ answered, failures }) => answered === 0 && failures.length === 1)).toBe(true);
    expect(answers.flatMap(({ failures }) => failures).filter((failure) => failure === 'MILLRACE_LOAD_FAILED').length).toBe(3);
    expect(await loadsOf(id)).toBe(1);
  });

  it('C5 a process that is cut off from the source fails for itself: the others load', async () => {
    const [lonely, ...others] = (await start(kind, 3)) as [Loader, ...Loader[]];
    const id = `way-${kind}`;
    const failed = await lonely.ask(id, 10, true);
    expect(failed.failures).toEqual(['MILLRACE_UNAVAILABLE']);
    const answers = await Promise.all(others.map((one) => one.ask(id, 10)));
    expect(answers.map(({ answered }) => answered)).toEqual([10, 10]);
  });

  it('C5 whoever loads and is killed leaves it to the next one: two loads, and everybody is answered', async () => {
    const [holder, ...others] = (await start(kind, 4)) as [Loader, ...Loader[]];
    const id = `killed-${kind}`;
    void holder.ask(id, 1).catch(() => {});
    await until(
      'the first load has begun',
      async () =>
        (await own.database.query("select 1 from pg_stat_activity where query like '%pg_sleep%' and state = 'active' and pid <> pg_backend_pid()")).length > 0,
    );
    holder.child.kill('SIGKILL');
    const answers = await Promise.all(others.map((one) => one.ask(id, 100)));
    expect(answers.map(({ answered }) => answered)).toEqual([100, 100, 100]);
    expect(new Set(answers.flatMap(({ by }) => by)).size).toBe(1);
    expect(await loadsOf(id)).toBeLessThanOrEqual(2);
  });
});

it('C5 with Redis gone every process loads for itself, and nobody waits for a lease', async () => {
  const fleet = await start('redis', 2);
  await Promise.all(fleet.map((one) => one.ask('before', 1)));
  await redis.kill();
  const answers = await Promise.all(fleet.map((one) => one.ask('alone', 100)));
  expect(answers.map(({ answered }) => answered)).toEqual([100, 100]);
  expect(await loadsOf('alone')).toBe(2);
});
