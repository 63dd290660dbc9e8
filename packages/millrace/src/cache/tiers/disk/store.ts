/*
 * One open SQLite file. Everything that changes it happens in one transaction against one sequence kept in it: an invalidation takes the next number and
 * leaves a fence under its name; a fill brings the number its load began at and lands only where no fence that concerns it is higher. SQLite has one
 * writer at a time, over all processes, so a fill and an invalidation never cross.
 *
 * What is read is checked: each row carries a checksum over its key, its time, its tags and its body, so that a flipped bit in a key cannot give one
 * entry's value to another, and a row whose tags are not found in the index of tags counts as broken too, as it could not be invalidated by them.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { matcherOf } from '../../keys/index.ts';
import { endOf } from '../names.ts';
import type { Target } from '../tier.ts';
import type { DiskAnswer, DiskOperation, DiskWrite, WorkerLimits } from './messages.ts';

/** The file does not hold what it must. */
export class BrokenFileError extends Error {}

export const formatVersion = 1;

export const schema: string = `
create table state (id integer primary key check (id = 1), epoch text not null, sequence integer not null, floor integer not null,
  entries integer not null, bytes integer not null, checksum integer not null) strict;
create table entries (id integer primary key, key text not null unique, expires_ms integer not null, used_ms integer not null, bytes integer not null,
  tags text not null, body text not null, checksum integer not null) strict;
create index entries_by_expiry on entries (expires_ms);
create index entries_by_use on entries (used_ms);
create table tags (tag text not null, key text not null, primary key (tag, key)) strict, without rowid;
create table fences (name text primary key, at integer not null) strict, without rowid;
create index fences_by_number on fences (at);
create table patterns (at integer primary key, pattern text not null) strict;
pragma user_version = ${formatVersion};
`;

interface State {
  readonly epoch: string;
  sequence: number;
  floor: number;
  entries: number;
  bytes: number;
  /** In this transaction; counted when it is committed. */
  evicted: number;
  expired: number;
}

interface Row {
  readonly id: number;
  readonly expires_ms: number;
  readonly used_ms: number;
  readonly tags: string;
  readonly body: string;
  readonly checksum: number;
}

interface Removed {
  readonly key: string;
  readonly bytes: number;
  readonly tags: string;
}

/** Bytes a row costs beside its key, tags and body: its places in four indexes, about. */
const rowBytes = 160;
const tagBytes = 40;
/** How exact the order of use is. Finer means more writing for reads. */
const touchAfterMs = 10_000;
const mostTouched = 4096;
const evictedAtOnce = 64;
const expiredAtOnce = 500;
const fencesKept = 10_000;
const fencesTrimmedEvery = 256;
const patternsKept = 32;

export class DiskStore {
  evictions = 0;
  expirations = 0;
  /** As of the last transaction. */
  state: Readonly<State>;
  readonly #database: DatabaseSync;
  readonly #limits: WorkerLimits;
  readonly #statements: Map<string, StatementSync> = new Map();
  readonly #touched: Map<number, number> = new Map();

  constructor(database: DatabaseSync, limits: WorkerLimits) {
    this.#database = database;
    this.#limits = limits;
    this.state = this.#readState();
  }

  /** Several reads in one snapshot. The fence is read with them: whatever is invalidated afterwards has a higher number. */
  read(gets: readonly (DiskOperation & { readonly kind: 'get' })[]): DiskAnswer[] {
    return this.#within('begin', () => {
      this.state = this.#readState();
      const fence = `${this.state.epoch}.${this.state.sequence}`;
      return gets.map(({ keys, nowMs }) => ({ fence, bodies: keys.map((key) => this.#body(key, nowMs)) }));
    });
  }

  /** Several changes in one transaction: all of them or none. */
  write(operations: readonly DiskOperation[]): unknown[] {
    // A fill that is lost with the power costs a hit. An invalidation that is lost would bring back what it dropped, so it is on the disk when it is answered.
    const mustLast = operations.some(dropsSomething);
    this.#database.exec(`pragma synchronous = ${mustLast ? 'full' : 'normal'}`);
    const { state, results } = this.#within('begin immediate', () => {
      const state = this.#readState();
      this.#flushTouched();
      const results = operations.map((operation) => this.#change(operation, state));
      this.#evict(state);
      this.#writeState(state);
      return { state, results };
    });
    this.#landed(state);
    return results;
  }

  /** Makes room where the file may not grow any more. */
  shrink(): void {
    const state = this.#within('begin immediate', () => {
      const read = this.#readState();
      this.#evictBatch(read, Math.max(evictedAtOnce, Math.ceil(read.entries / 10)));
      this.#writeState(read);
      return read;
    });
    this.#landed(state);
  }

  #landed(state: State): void {
    this.state = state;
    this.evictions += state.evicted;
    this.expirations += state.expired;
  }

  /** Remembers what was used, and closes. */
  close(): void {
    if (this.#touched.size > 0) this.#within('begin immediate', () => this.#flushTouched());
    this.#statements.clear();
    this.#database.close();
  }

  #within<Out>(begin: string, work: () => Out): Out {
    this.#database.exec(begin);
    const result = work();
    this.#database.exec('commit');
    return result;
  }

  #body(key: string, nowMs: number): string | null {
    const row = this.#one('select id, expires_ms, used_ms, tags, body, checksum from entries where key = ?', key) as Row | undefined;
    if (!row) return null;
    if (checksumOf(key, row.expires_ms, row.tags, row.body) !== row.checksum) throw new BrokenFileError('the checksum of an entry is wrong');
    if (row.tags !== '[]') for (const tag of tagsOf(row.tags)) this.#expectTag(tag, key);
    if (row.expires_ms <= nowMs) return null;
    if (nowMs - row.used_ms > touchAfterMs && this.#touched.size < mostTouched) this.#touched.set(row.id, nowMs);
    return row.body;
  }

  #expectTag(tag: string, key: string): void {
    if (!this.#one('select 1 as here from tags where tag = ? and key = ?', tag, key)) throw new BrokenFileError('a tag of an entry is not in the index');
  }

  #change(operation: DiskOperation, state: State): unknown {
    switch (operation.kind) {
      case 'set':
        return operation.writes.map((write) => this.#set(write, operation.nowMs, state));
      case 'delete':
        return operation.keys.reduce((count, key) => count + this.#deleteKey(key, state), 0);
      case 'invalidate':
        return this.#invalidate(operation.target, state);
      default:
        return this.#expire(operation.nowMs, state);
    }
  }

  #set({ key, fence, body, tags, expiresMs }: DiskWrite, nowMs: number, state: State): boolean {
    if (fence !== undefined && this.#hasRisen(fence, key, tags, state)) return false;
    if (fence === undefined) this.#raise(`k${key}`, state);
    this.#remove([key], state);
    if (body === undefined || expiresMs <= nowMs) return false;
    const written = JSON.stringify(tags);
    const bytes = rowBytes + Buffer.byteLength(key) + Buffer.byteLength(body) + 2 * written.length + tags.length * tagBytes;
    if (bytes > this.#limits.sizeBytes / 4) return false;
    const text = 'insert into entries (key, expires_ms, used_ms, bytes, tags, body, checksum) values (?, ?, ?, ?, ?, ?, ?)';
    const { lastInsertRowid } = this.#prepared(text).run(key, expiresMs, nowMs, bytes, written, body, checksumOf(key, expiresMs, written, body));
    // With a bit flipped in its order an index takes what it does not find again.
    if (this.#one('select id from entries where key = ?', key)?.['id'] !== Number(lastInsertRowid))
      throw new BrokenFileError('the index of keys is out of order');
    for (const tag of tags) this.#run('insert or ignore into tags (tag, key) values (?, ?)', tag, key);
    state.entries++;
    state.bytes += bytes;
    return true;
  }

  #deleteKey(key: string, state: State): number {
    this.#raise(`k${key}`, state);
    return this.#remove([key], state);
  }

  #invalidate(target: Target, state: State): number {
    if ('tag' in target) {
      this.#raise(`t${target.tag}`, state);
      return this.#remove(this.#texts('select key as text from tags where tag = ?', target.tag), state);
    }
    if ('pattern' in target && target.pattern.includes('*')) return this.#dropPattern(target.pattern, state);
    const key = 'key' in target ? target.key : 'entity' in target ? target.entity : target.pattern;
    this.#raise(`k${key}`, state);
    return this.#remove(this.#texts('select key as text from entries where key = ? or (key > ? and key < ?)', key, `${key}:`, `${key};`), state);
  }

  #dropPattern(pattern: string, state: State): number {
    this.#run('insert into patterns (at, pattern) values (?, ?)', ++state.sequence, pattern);
    const forgotten = this.#one('select max(at) as at from patterns where at <= (select at from patterns order by at desc limit 1 offset ?)', patternsKept);
    this.#forgetUpTo(forgotten?.['at'], 'delete from patterns where at <= ?', state);
    if (pattern === '*') return this.#dropAll(state);
    const { prefix, matches } = matcherOf(pattern);
    return this.#remove(this.#texts('select key as text from entries where key >= ? and key < ?', prefix, endOf(prefix)).filter(matches), state);
  }

  #dropAll(state: State): number {
    const dropped = state.entries;
    this.#database.exec('delete from entries; delete from tags');
    this.#touched.clear();
    Object.assign(state, { entries: 0, bytes: 0 });
    return dropped;
  }

  #expire(nowMs: number, state: State): number {
    const expired = this.#remove(this.#texts('select key as text from entries where expires_ms <= ? limit ?', nowMs, expiredAtOnce), state);
    state.expired += expired;
    return expired;
  }

  #evict(state: State): void {
    const { maxEntries, sizeBytes } = this.#limits;
    while (state.entries > maxEntries || state.bytes > sizeBytes) {
      const over = state.bytes > sizeBytes ? evictedAtOnce : Math.min(evictedAtOnce, state.entries - maxEntries);
      if (this.#evictBatch(state, over) === 0) throw new BrokenFileError('it holds fewer entries than it counts');
    }
  }

  #evictBatch(state: State, most: number): number {
    const evicted = this.#remove(this.#texts('select key as text from entries order by used_ms limit ?', most), state);
    state.evicted += evicted;
    return evicted;
  }

  #remove(keys: readonly string[], state: State): number {
    let count = 0;
    for (const key of keys) {
      const removed = this.#one('delete from entries where key = ? returning key, bytes, tags', key) as Removed | undefined;
      if (!removed) continue;
      if (removed.tags !== '[]') for (const tag of tagsOf(removed.tags)) this.#run('delete from tags where tag = ? and key = ?', tag, key);
      state.entries--;
      state.bytes -= removed.bytes;
      count++;
    }
    return count;
  }

  /** Whether something that concerns this entry was invalidated after its load began, or the load began in another file. */
  #hasRisen(fence: string, key: string, tags: readonly string[], state: State): boolean {
    const dot = fence.indexOf('.');
    const since = Number(fence.slice(dot + 1));
    if (fence.slice(0, dot) !== state.epoch || !(since >= state.floor)) return true;
    if (since === state.sequence) return false;
    return this.#keyHasRisen(since, key, state) || tags.some((tag) => this.#isAbove(since, `t${tag}`, state)) || this.#patternHasRisen(since, key);
  }

  #keyHasRisen(since: number, key: string, state: State): boolean {
    if (this.#isAbove(since, `k${key}`, state)) return true;
    for (let at = key.lastIndexOf(':'); at > 0; at = key.lastIndexOf(':', at - 1)) if (this.#isAbove(since, `k${key.slice(0, at)}`, state)) return true;
    return false;
  }

  #patternHasRisen(since: number, key: string): boolean {
    return this.#texts('select pattern as text from patterns where at > ?', since).some((pattern) => matcherOf(pattern).matches(key));
  }

  #isAbove(since: number, name: string, state: State): boolean {
    const at = this.#one('select at from fences where name = ?', name)?.['at'];
    if (typeof at !== 'number') return false;
    if (at > state.sequence) throw new BrokenFileError('a fence has a number that was never given');
    return at > since;
  }

  #raise(name: string, state: State): void {
    this.#run('insert into fences (name, at) values (?, ?) on conflict (name) do update set at = excluded.at', name, ++state.sequence);
    if (state.sequence % fencesTrimmedEvery !== 0) return;
    const newest = this.#one('select at from fences order by at desc limit 1 offset ?', fencesKept);
    this.#forgetUpTo(newest?.['at'], 'delete from fences where at <= ?', state);
  }

  /** What is forgotten raises the floor: a fill begun before is refused whatever it brings. */
  #forgetUpTo(at: unknown, text: string, state: State): void {
    if (typeof at !== 'number') return;
    this.#run(text, at);
    state.floor = Math.max(state.floor, at);
  }

  #flushTouched(): void {
    for (const [id, atMs] of this.#touched) this.#run('update entries set used_ms = ? where id = ?', atMs, id);
    this.#touched.clear();
  }

  #readState(): State {
    const row = this.#one('select epoch, sequence, floor, entries, bytes, checksum from state where id = 1') as (State & { checksum: number }) | undefined;
    if (!row || stateChecksum(row) !== row.checksum) throw new BrokenFileError('its state is missing or has a wrong checksum');
    const { epoch, sequence, floor, entries, bytes } = row;
    return { epoch, sequence, floor, entries, bytes, evicted: 0, expired: 0 };
  }

  #writeState(state: State): void {
    this.#run(
      'update state set sequence = ?, floor = ?, entries = ?, bytes = ?, checksum = ? where id = 1',
      ...[state.sequence, state.floor, state.entries, state.bytes, stateChecksum(state)],
    );
  }

  #texts(text: string, ...values: readonly (string | number)[]): string[] {
    return this.#prepared(text)
      .all(...values)
      .map((row) => (row as { text: string }).text);
  }

  #one(text: string, ...values: readonly (string | number)[]): Record<string, unknown> | undefined {
    return this.#prepared(text).get(...values);
  }

  #run(text: string, ...values: readonly (string | number)[]): void {
    this.#prepared(text).run(...values);
  }

  #prepared(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known) return known;
    const made = this.#database.prepare(text);
    this.#statements.set(text, made);
    return made;
  }
}

/** The first row of a new file. */
export function writeFirstState(database: DatabaseSync, epoch: string): void {
  const state = { epoch, sequence: 1, floor: 0, entries: 0, bytes: 0 };
  const text = 'insert into state (id, epoch, sequence, floor, entries, bytes, checksum) values (1, ?, 1, 0, 0, 0, ?)';
  database.prepare(text).run(epoch, stateChecksum(state));
}

const stateChecksum = ({ epoch, sequence, floor, entries, bytes }: Omit<State, 'evicted' | 'expired'>): number =>
  crc32(`${epoch}\n${sequence}\n${floor}\n${entries}\n${bytes}`);

const checksumOf = (key: string, expiresMs: number, tags: string, body: string): number => crc32(body, crc32(`${expiresMs}\n${key}\n${tags}\n`));

function tagsOf(written: string): readonly string[] {
  try {
    return JSON.parse(written) as string[];
  } catch (cause) {
    throw new BrokenFileError('the tags of an entry are no list', { cause });
  }
}

const dropsSomething = (operation: DiskOperation): boolean =>
  operation.kind === 'set' ? operation.writes.some(({ fence }) => fence === undefined) : operation.kind !== 'upkeep';
