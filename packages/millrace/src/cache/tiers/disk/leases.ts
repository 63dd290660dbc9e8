import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { DiskOperation } from './messages.ts';

type Lease = DiskOperation & { readonly kind: 'lease' };
type Release = DiskOperation & { readonly kind: 'release' };

const schema =
  'pragma journal_mode = wal; pragma synchronous = off; pragma busy_timeout = 1000; create table if not exists leases (key text primary key, holder text not null, until_ms integer not null) strict, without rowid';
const takeText =
  'insert into leases (key, holder, until_ms) values (?, ?, ?) on conflict (key) do update set holder = excluded.holder, until_ms = excluded.until_ms where until_ms <= ? or holder = excluded.holder';
const cleanedEvery = 1000;

/**
 * Who loads which key for the processes of this host, in a file of its own beside the entries: nothing in it is worth keeping, so one that cannot be used is
 * deleted, and the next call begins another.
 */
export class LeaseFile {
  readonly #path: string;
  #database: DatabaseSync | undefined = undefined;
  #taken = 0;

  constructor(directory: string) {
    this.#path = join(directory, 'leases.sqlite');
  }

  /** Who holds each key now: whoever asks, where nobody else does. */
  take({ keys, holder, ms, nowMs }: Lease): string[] {
    return this.#use((database) => {
      const insert = database.prepare(takeText);
      const read = database.prepare('select holder from leases where key = ?');
      if (++this.#taken % cleanedEvery === 0) database.prepare('delete from leases where until_ms <= ?').run(nowMs);
      return keys.map((key) => {
        insert.run(key, holder, nowMs + ms, nowMs);
        return String(read.get(key)?.['holder']);
      });
    });
  }

  end({ keys, holder, text, ms, nowMs }: Release): void {
    this.#use((database) => {
      for (const key of keys) {
        if (text === undefined) database.prepare('delete from leases where key = ? and holder = ?').run(key, holder);
        else database.prepare('update leases set holder = ?, until_ms = ? where key = ? and holder = ?').run(text, nowMs + ms, key, holder);
      }
    });
  }

  close(): void {
    this.#database?.close();
    this.#database = undefined;
  }

  #use<Out>(work: (database: DatabaseSync) => Out): Out {
    try {
      this.#database ??= this.#open();
      this.#database.exec('begin immediate');
      const result = work(this.#database);
      this.#database.exec('commit');
      return result;
    } catch (error) {
      this.#discard(error);
      throw error;
    }
  }

  #open(): DatabaseSync {
    const database = new DatabaseSync(this.#path);
    database.exec(schema);
    return database;
  }

  /** Another process that is just writing is no reason; anything else is. */
  #discard(error: unknown): void {
    const isBusy = (error as { readonly errcode?: unknown }).errcode === 5;
    if (this.#database?.isOpen) this.close();
    if (!isBusy) for (const end of ['', '-wal', '-shm']) rmSync(this.#path + end, { force: true });
  }
}
