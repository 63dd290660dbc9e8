import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { createCache } from '../../../src/cache/index.ts';
import type { DiskTierEvents } from '../../../src/cache/tiers/disk/index.ts';
import { RecordedEvents, testSystem } from '../../../src/testing/index.ts';
import { directories, entry, makeDiskTier, request } from './disk-support.ts';

const made = directories();
afterAll(() => made.removeAll());

interface Told {
  readonly ready?: number;
  readonly value?: unknown;
  readonly fence?: string;
  readonly stored?: readonly boolean[];
  readonly dropped?: number | readonly string[];
}

/** Another process on the same directory. */
class Neighbour {
  readonly child: ChildProcess;
  readonly told: Told[] = [];
  #wake: () => void = () => {};

  constructor(directory: string) {
    this.child = spawn(process.execPath, ['--conditions=millrace-source', '--no-warnings', join(import.meta.dirname, 'start-disk-process.ts'), directory], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.child.stdout as NonNullable<ChildProcess['stdout']> }).on('line', (line) => {
      this.told.push(JSON.parse(line) as Told);
      this.#wake();
    });
    onTestFinished(() => this.kill());
  }

  say(words: object): void {
    this.child.stdin?.write(`${JSON.stringify(words)}\n`);
  }

  /** The next line, once there are more than `count`. */
  async line(count = this.told.length): Promise<Told> {
    while (this.told.length <= count) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.told[count] as Told;
  }

  ask(words: object): Promise<Told> {
    const answer = this.line();
    this.say(words);
    return answer;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

it('C1 C8 two processes share one file: what one writes the other reads, what one drops the other does not bring back', async () => {
  const directory = made.next();
  const [one, two] = [new Neighbour(directory), new Neighbour(directory)];
  await Promise.all([one.line(0), two.line(0)]);
  expect(await one.ask({ call: 'set', key: 'x:1', value: 'from one' })).toEqual({ stored: [true] });
  const seen = await two.ask({ call: 'get', key: 'x:1' });
  expect(seen.value).toBe('from one');
  expect(await one.ask({ call: 'drop', key: 'x' })).toEqual({ dropped: 1 });
  expect(await two.ask({ call: 'set', key: 'x:1', value: 'old', fence: seen.fence })).toEqual({ stored: [false] });
  expect((await one.ask({ call: 'get', key: 'x:1' })).value).toBeNull();
  two.child.stdin?.end();
  expect((await once(two.child, 'exit'))[0]).toBe(0);
});

it('C1 C17 killed in the middle of writing, again and again: nothing wrong, nothing that was dropped, and the file goes on', async () => {
  const directory = made.next();
  const seen = { kills: 0, rounds: 0, kept: 0, back: 0, wrong: 0, setAside: 0 };
  for (; seen.kills < 6; seen.kills++) {
    const writer = new Neighbour(directory);
    await writer.line(0);
    writer.say({ call: 'churn' });
    await writer.line(5 + seen.kills * 7);
    await writer.kill();
    const acknowledged = writer.told.slice(1);
    seen.rounds += acknowledged.length;
    const dropped = new Set(acknowledged.flatMap((told) => told.dropped as string[]));
    const tier = await makeDiskTier({ directory });
    const keys = Array.from({ length: acknowledged.length * 20 }, (_, at) => `churn:${Math.floor(at / 20)}:${at % 20}`);
    const { entries } = await tier.get(keys, request());
    for (const [at, found] of entries.entries()) {
      const key = keys[at] as string;
      if (!found) continue;
      if (dropped.has(key)) seen.back++;
      else if (found.value === `value of ${key}`) seen.kept++;
      else seen.wrong++;
    }
    seen.setAside += tier.stats().setAside;
    await tier.invalidate({ pattern: '*' }, request());
    await tier.stop();
  }
  console.log(`kills: ${JSON.stringify(seen)}`);
  expect(seen).toMatchObject({ kills: 6, back: 0, wrong: 0, setAside: 0 });
  expect(seen.kept).toBeGreaterThan(0);
});

it('C1 C12 a file that turns bad while it is in use is put aside and told, and the next call is answered', async () => {
  const events = new RecordedEvents<DiskTierEvents>();
  const directory = made.next();
  const first = await makeDiskTier({ directory });
  await first.set(
    Array.from({ length: 200 }, (_, at) => entry(`x:${at}`, 'v'.repeat(500))),
    request(),
  );
  await first.stop();
  const path = join(directory, 'entries-1.sqlite');
  writeFileSync(path, readFileSync(path).fill(0x5a, 4096));
  const tier = await makeDiskTier({ directory }, { events });
  expect((await tier.get(['x:1', 'x:199'], request())).entries).toEqual([undefined, undefined]);
  expect(await tier.set([entry('x:1', 'again')], request())).toEqual([true]);
  expect((await tier.get(['x:1'], request())).entries[0]?.value).toBe('again');
  expect(tier.stats()).toMatchObject({ setAside: 1, failures: 0, restarts: 0 });
  expect(events.seen.map(([name, event]) => [name, (event as { file: string }).file])).toEqual([['cache.file.setAside', `${path}.broken`]]);
  await tier.stop();
});

/** A file system of a megabyte or less, where we may mount one. */
function smallDisk(kib: number): string | undefined {
  const directory = made.next();
  mkdirSync(directory);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', ['-l', directory]));
  return directory;
}

it('C12 a full disk fails the writes, is counted, gives what it has, and is used again when there is room', async () => {
  const small = smallDisk(800);
  const directory = small ?? made.next();
  // Where nothing can be mounted the limit is the number of pages the file may have: twice the size of the tier.
  const tier = await makeDiskTier({ directory, size: small ? '64MiB' : '1MiB' });
  const ballast = join(directory, 'ballast');
  await tier.set([entry('first:1', 'here')], request());
  if (small) fill(ballast);
  const failed: unknown[] = [];
  for (let round = 0; round < 30; round++) {
    const writes = Array.from({ length: 10 }, (_, at) => entry(`x:${round}:${at}`, `${round}${'x'.repeat(small ? 5000 : 200_000)}`));
    await tier.set(writes, request()).catch((error: unknown) => failed.push(error));
  }
  console.log(`full disk (${small ? 'tmpfs' : 'page limit'}): ${failed.length} writes failed, ${JSON.stringify(tier.stats())}`);
  if (small) {
    expect(failed[0]).toMatchObject({ code: 'MILLRACE_CACHE_DISK' });
    expect(tier.stats().failures).toBeGreaterThanOrEqual(failed.length);
    expect(tier.stats()).toMatchObject({ entries: 1, evictions: 0 });
    expect((await tier.get(['first:1'], request())).entries[0]?.value).toBe('here');
    writeFileSync(ballast, '');
  }
  expect(tier.stats().setAside).toBe(0);
  await tier.set([entry('last:1', 'room again')], request());
  expect((await tier.get(['last:1'], request())).entries[0]?.value).toBe('room again');
  await tier.stop();
});

/** Writes until there is no room. */
function fill(path: string): void {
  const chunk = Buffer.alloc(4096);
  for (let grown: Buffer[] = [chunk]; ; grown = [...grown, chunk]) {
    try {
      writeFileSync(path, Buffer.concat(grown));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
      throw error;
    }
  }
}

it('C12 a directory that may not be written to fails the calls and nothing else, and is taken when it may', async () => {
  const parent = made.next();
  mkdirSync(parent);
  const isRoot = process.getuid?.() === 0;
  // For root every directory is writable; there a file stands where the directory should.
  if (isRoot) writeFileSync(join(parent, 'cache'), '');
  else chmodSync(parent, 0o555);
  const tier = await makeDiskTier({ directory: join(parent, 'cache') });
  await expect(tier.get(['x:1'], request())).rejects.toMatchObject({ code: 'MILLRACE_CACHE_DISK' });
  await expect(tier.set([entry('x:1', 1)], request())).rejects.toMatchObject({ code: 'MILLRACE_CACHE_DISK' });
  const cache = createCache({}, { tiers: [tier] });
  for (let at = 0; at < 10; at++) expect(await cache.getOrSet(`page:${at}`, async () => at)).toBe(at);
  expect(tier.stats()).toMatchObject({ setAside: 0 });
  expect(tier.stats().failures).toBeGreaterThan(2);
  if (isRoot) execFileSync('rm', [join(parent, 'cache')]);
  else chmodSync(parent, 0o755);
  expect(await tier.set([entry('x:1', 1)], request())).toEqual([true]);
  await cache.stop();
  await tier.stop();
});

it('C1 C12 while the disk does not answer, every caller is gone by its deadline, what it asked is not done later, and afterwards all is as before', async () => {
  const directory = made.next();
  const tier = await makeDiskTier({ directory });
  await tier.set([entry('x:1', 'kept')], request());
  const blocker = new DatabaseSync(join(directory, 'entries-1.sqlite'));
  blocker.exec('begin immediate'); // another process's long write: our thread hangs in its next one
  const stuck = tier.set([entry('x:2', 2)], request('50ms'));
  await expect(stuck).rejects.toMatchObject({ code: 'MILLRACE_DEADLINE' });
  const calls = Array.from({ length: 50 }, (_, at) => tier.get([`x:${at}`], request('30ms')));
  const late = tier.set([entry('x:3', 3)], request('30ms'));
  const outcomes = await Promise.allSettled([...calls, late]);
  expect(outcomes.map((one) => (one.status === 'rejected' ? (one.reason as { code: string }).code : 'answered'))).toEqual(
    Array.from({ length: 51 }, () => 'MILLRACE_DEADLINE'),
  );
  blocker.exec('rollback');
  blocker.close();
  await tier.set([entry('x:4', 4)], request());
  expect((await tier.get(['x:1', 'x:3', 'x:4'], request())).entries.map((one) => one?.value)).toEqual(['kept', undefined, 4]);
  await tier.stop();
});

it('C17 a stop closes the file whole and leaves no handle: no journal stays and the process ends by itself', async () => {
  const directory = made.next();
  const tier = await makeDiskTier({ directory });
  await tier.set([entry('x:1', 1)], request());
  await tier.stop();
  await tier.stop();
  await expect(tier.get(['x:1'], request())).rejects.toMatchObject({ code: 'MILLRACE_STOPPED' });
  expect(readdirSync(directory)).toEqual(['entries-1.sqlite']);
  const check = new DatabaseSync(join(directory, 'entries-1.sqlite'));
  expect(check.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' });
  check.close();
  const neighbour = new Neighbour(directory);
  await neighbour.line(0);
  neighbour.child.stdin?.end();
  expect((await once(neighbour.child, 'exit'))[0]).toBe(0);
  expect(existsSync(join(directory, 'entries-1.sqlite-wal'))).toBe(false);
});

it('C11 a thousand reads of one turn are one batch of the thread', async () => {
  const tier = await makeDiskTier({ directory: made.next() }, { system: testSystem() }); // whose upkeep never comes
  const keys = Array.from({ length: 1000 }, (_, at) => `page:${at}`);
  await tier.set(
    keys.map((key) => entry(key, key)),
    request(),
  );
  const { batches } = tier.stats();
  const answers = await Promise.all(keys.map((key) => tier.get([key], request())));
  expect(tier.stats().batches - batches).toBe(1);
  expect(answers.map(({ entries }) => entries[0]?.value)).toEqual(keys);
  await tier.stop();
});
