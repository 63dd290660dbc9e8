import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it } from 'vitest';
import { system } from '../../../kernel/index.ts';
import { seededRandom } from '../../../testing/index.ts';
import { DiskFiles } from './files.ts';
import type { DiskAnswer, DiskWrite, WorkerLimits } from './messages.ts';

const home = mkdtempSync(join(tmpdir(), 'millrace-disk-files-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
let directories = 0;
const nextDirectory = (): string => join(home, String(++directories));

const limits = (directory: string): WorkerLimits => ({ directory, sizeBytes: 4 * 1024 * 1024, maxEntries: 10_000 });
const open = (directory: string): DiskFiles => new DiskFiles(limits(directory), system);
const nowMs = 1_700_000_000_000;
const count = 120;
const keyOf = (at: number): string => `item:${at}`;
const bodyOf = (at: number): string => `${at}:${'value'.repeat(20 + (at % 30))}`;
const tagOf = (at: number): string => `tag:${at % 7}`;
const writeOf = (at: number, fence?: string): DiskWrite => ({ key: keyOf(at), fence, body: bodyOf(at), tags: [tagOf(at)], expiresMs: nowMs + 1e9 });
const all = Array.from({ length: count }, (_, at) => at);

const readAll = (files: DiskFiles): DiskAnswer => files.use((store) => store.read([{ kind: 'get', keys: all.map(keyOf), nowMs }]))[0] as DiskAnswer;
const writeAll = (files: DiskFiles, fence?: string): unknown =>
  files.use((store) => store.write([{ kind: 'set', writes: all.map((at) => writeOf(at, fence)), nowMs }]))[0];
const dropTag = (files: DiskFiles, tag: string): unknown => files.use((store) => store.write([{ kind: 'invalidate', target: { tag }, nowMs }]))[0];

function filledFile(): string {
  const directory = nextDirectory();
  const files = open(directory);
  writeAll(files);
  files.close();
  return join(directory, 'entries-1.sqlite');
}

/** What a bad disk, a cut, a half-finished copy and a stranger leave behind. */
function spoil(path: string, random: { next(): number }, round: number): void {
  const bytes = statSync(path).size;
  const somewhere = (): number => Math.floor(random.next() * bytes);
  if (round % 10 === 7) truncateSync(path, somewhere());
  else if (round % 10 === 8) writeFileSync(path, readFileSync(path).fill(0, somewhere()));
  else if (round % 10 === 9) writeFileSync(`${path}-wal`, Buffer.from(Array.from({ length: 500 }, () => random.next() * 256)));
  else {
    const content = readFileSync(path);
    for (let flips = 1 + (round % 5) * 4; flips > 0; flips--) {
      const at = somewhere();
      content[at] = (content[at] as number) ^ (1 << Math.floor(random.next() * 8));
    }
    writeFileSync(path, content);
  }
}

it('C1 X4 four hundred files with flipped bits, cuts, zeros and foreign journals: no crash, no wrong value, nothing stands that was dropped', () => {
  const template = filledFile();
  const random = seededRandom(4);
  const seen = { files: 0, setAside: 0, hits: 0, misses: 0, wrong: 0, stale: 0, lame: 0 };
  for (let round = 0; round < 400; round++) {
    const directory = nextDirectory();
    mkdirSync(directory);
    const path = join(directory, 'entries-1.sqlite');
    copyFileSync(template, path);
    spoil(path, random, round);
    const files = open(directory);
    for (const [at, body] of readAll(files).bodies.entries()) {
      if (body === null) seen.misses++;
      else if (body === bodyOf(at)) seen.hits++;
      else seen.wrong++;
    }
    dropTag(files, 'tag:3');
    for (const [at, body] of readAll(files).bodies.entries()) if (body !== null && tagOf(at) === 'tag:3') seen.stale++;
    // A page nobody read before may be broken too: then it is put aside now, and the next writing meets a whole file.
    for (let again = 0; readAll(files).bodies.some((body) => body === null); again++) {
      if (again === 3) seen.lame++;
      if (again === 3) break;
      writeAll(files, readAll(files).fence);
    }
    for (const [at, body] of readAll(files).bodies.entries()) if (body !== null && body !== bodyOf(at)) seen.wrong++;
    seen.files++;
    seen.setAside += files.figures().setAside > 0 ? 1 : 0;
    files.close();
    rmSync(directory, { recursive: true });
  }
  console.log(`spoiled files: ${JSON.stringify(seen)}`);
  expect(seen).toMatchObject({ files: 400, wrong: 0, stale: 0, lame: 0 });
  expect(seen.setAside).toBeGreaterThan(100);
  expect(seen.hits).toBeGreaterThan(4000);
}, 60_000);

it('C1 X4 a value that stands under another key, and one whose tag nobody could drop, put the file aside', () => {
  for (const damage of [
    `update entries set key = 'item:500' where key = 'item:5'`,
    `update entries set expires_ms = expires_ms + 1 where key = 'item:5'`,
    `delete from tags where key = 'item:5'`,
    `update state set sequence = 1`,
    `delete from state`,
    `drop table fences`,
    `pragma user_version = 9`,
    `update fences set at = 1000000 where name = 'kitem:5'`,
  ]) {
    const path = filledFile();
    const stranger = new DatabaseSync(path);
    stranger.exec(damage);
    stranger.close();
    const files = open(join(path, '..'));
    files.use((store) => store.read([{ kind: 'get', keys: ['item:500', 'item:5'], nowMs }]));
    const [{ fence } = readAll(files)] = files.use((store) => store.read([{ kind: 'get', keys: [], nowMs }]));
    dropTag(files, 'tag:0');
    writeAll(files, fence);
    expect(files.figures().setAside, damage).toBe(1);
    writeAll(files);
    expect(readAll(files).bodies.map(String), damage).toEqual(all.map(bodyOf));
    files.close();
  }
});

it('C12 a header that says read-only puts the file aside, as the file system does not say so', () => {
  const path = filledFile();
  const content = readFileSync(path);
  content[18] = 7; // the version of the format that writing needs (SQLite, Database File Format, 1.3.2)
  writeFileSync(path, content);
  const files = open(join(path, '..'));
  writeAll(files);
  expect(readAll(files).bodies.map(String)).toEqual(all.map(bodyOf));
  expect(files.figures()).toMatchObject({ setAside: 1, failures: 0 });
  files.close();
});

it('C8 a fill begun in a file that is lost, deleted or put aside does not land in the next', () => {
  const path = filledFile();
  const files = open(join(path, '..'));
  const { fence } = readAll(files);
  const other = open(join(path, '..'));
  readAll(other);
  for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
  expect((writeAll(files, fence) as boolean[]).some(Boolean)).toBe(false);
  expect(readAll(other).fence).toBe(readAll(files).fence);
  expect(writeAll(other, readAll(files).fence)).toEqual(all.map(() => true));
  files.close();
  other.close();
});

it('C1 broken files are kept under their own names, the two newest of them', () => {
  const directory = nextDirectory();
  for (let round = 0; round < 5; round++) {
    const files = open(directory);
    writeAll(files);
    files.close();
    const [current] = readdirSync(directory).filter((name) => name.endsWith('.sqlite'));
    writeFileSync(join(directory, current as string), 'not a database at all, and long enough to be looked at'.repeat(100));
  }
  const files = open(directory);
  expect(readAll(files).bodies[0]).toBeNull();
  expect(files.setAside.map(({ file }) => file.slice(directory.length + 1))).toEqual(['entries-5.sqlite.broken']);
  files.close();
  expect(readdirSync(directory).sort()).toEqual(['entries-4.sqlite.broken', 'entries-5.sqlite.broken', 'entries-6.sqlite']);
});

it('C1 bounded in entries and in bytes: what was used longest ago goes, in batches', () => {
  const directory = nextDirectory();
  const files = new DiskFiles({ directory, sizeBytes: 100_000, maxEntries: 200 }, system);
  const set = (at: number, body: string, atMs: number): unknown =>
    files.use((store) => store.write([{ kind: 'set', writes: [{ ...writeOf(at), key: `k:${at}`, body }], nowMs: atMs }]))[0];
  const has = (at: number, atMs: number): boolean => files.use((store) => store.read([{ kind: 'get', keys: [`k:${at}`], nowMs: atMs }]))[0]?.bodies[0] !== null;
  for (let at = 0; at < 200; at++) set(at, 'small', nowMs + at);
  expect(has(0, nowMs + 60_000)).toBe(true); // used again
  set(200, 'small', nowMs + 60_001);
  expect(files.figures()).toMatchObject({ entries: 200, evictions: 1 });
  expect([has(0, nowMs + 60_002), has(1, nowMs + 60_002), has(2, nowMs + 60_002)]).toEqual([true, false, true]);
  for (let at = 300; at < 340; at++) set(at, 'x'.repeat(5000), nowMs + 70_000 + at);
  expect(files.figures().sizeBytes).toBeLessThanOrEqual(100_000);
  expect(has(339, nowMs + 80_000)).toBe(true);
  expect(set(400, 'x'.repeat(30_000), nowMs + 80_000)).toEqual([false]);
  files.close();
});

it('C1 what is past its time is deleted in batches of upkeep, and counted', () => {
  const files = open(nextDirectory());
  const writes = Array.from({ length: 1200 }, (_, at) => ({ ...writeOf(at), expiresMs: nowMs + 1000 }));
  files.use((store) => store.write([{ kind: 'set', writes, nowMs }]));
  const counts = [1, 2, 3, 4].map(() => {
    files.use((store) => store.write([{ kind: 'upkeep', nowMs: nowMs + 2000 }]));
    return files.figures().expirations;
  });
  expect(counts).toEqual([500, 1000, 1200, 1200]);
  expect(files.figures()).toMatchObject({ entries: 0, sizeBytes: 0 });
  files.close();
});

it('C8 fences are bounded: what is forgotten refuses fills begun before', () => {
  const files = open(nextDirectory());
  const { fence } = readAll(files);
  const drop = (keys: string[]): unknown => files.use((store) => store.write([{ kind: 'delete', keys, nowMs }]));
  drop(Array.from({ length: 12_000 }, (_, at) => `other:${at}`));
  expect((writeAll(files, fence) as boolean[]).some(Boolean)).toBe(false);
  const later = readAll(files).fence;
  for (let at = 0; at < 40; at++) files.use((store) => store.write([{ kind: 'invalidate', target: { pattern: `other${at}*` }, nowMs }]));
  expect((writeAll(files, later) as boolean[]).some(Boolean)).toBe(false);
  expect(writeAll(files, readAll(files).fence)).toEqual(all.map(() => true));
  files.close();
});
