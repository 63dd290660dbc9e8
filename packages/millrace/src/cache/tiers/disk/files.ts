/*
 * Which file is in use. A directory holds `entries-<n>.sqlite`; the highest number is the one. A broken file is renamed to `entries-<n>.sqlite.broken`
 * and the next number begins, empty and with another epoch. Numbers are never used twice, so no journal can meet a file it does not belong to.
 *
 * Other processes may still have the old file open. Each looks, before every batch, whether the file it has open is still the one under that name. Its
 * look comes before the rename, or it finds the file gone; so an invalidation that still reached the old file was called before the new file gave out
 * its first fence, and every load that fills the new file began after the change it is about.
 */
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { System } from '../../../kernel/index.ts';
import type { DiskFigures, WorkerLimits } from './messages.ts';
import { DiskStore, formatVersion, schema, writeFirstState } from './store.ts';

interface OpenFile {
  readonly store: DiskStore;
  readonly path: string;
  readonly inode: bigint;
}

/** How long a write waits for another process that is writing. */
const busyMs = 1000;
const brokenKept = 2;
const pageBytes = 4096;
const name = /^entries-(\d{1,9})\.sqlite(\.broken)?$/;

/** Result codes after which the file is as good as before: it is the surroundings that fail. */
const surroundings: ReadonlySet<number> = new Set([
  3, // no permission
  5, // busy
  6, // locked
  7, // no memory
  8, // read-only
  9, // interrupted
  10, // input or output error
  13, // full
  14, // cannot open
  15, // lock protocol
  22, // large file support
  23, // not authorised
]);
const shortRead = 522;
const full = 13;
const readOnly = 8;

export class DiskFiles {
  readonly setAside: { readonly file: string; readonly because: string }[] = [];
  readonly #limits: WorkerLimits;
  readonly #system: System;
  #open: OpenFile | undefined = undefined;
  #database: DatabaseSync | undefined = undefined;
  #path = '';
  #evictions = 0;
  #expirations = 0;
  #setAside = 0;
  #failures = 0;
  #leftovers = 0;

  constructor(limits: WorkerLimits, system: System) {
    this.#limits = limits;
    this.#system = system;
  }

  figures(): DiskFigures {
    const store = this.#open?.store;
    return {
      ...{ entries: store?.state.entries ?? 0, sizeBytes: store?.state.bytes ?? 0 },
      ...{ evictions: this.#evictions + (store?.evictions ?? 0), expirations: this.#expirations + (store?.expirations ?? 0) },
      ...{ setAside: this.#setAside, failures: this.#failures, leftovers: this.#leftovers },
    };
  }

  /** Runs `work` on the file in use. A broken one is put aside and `work` runs on an empty one. @throws what the surroundings fail with */
  use<Out>(work: (store: DiskStore) => Out): Out {
    for (let attempt = 0; ; attempt++) {
      try {
        return work(this.#current().store);
      } catch (error) {
        this.#rollBack();
        if (!(isBroken(error) || this.#saysReadOnly(error)) || attempt === 2) throw this.#failed(error);
        this.#putAside(error);
      }
    }
  }

  close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    this.#evictions += open.store.evictions;
    this.#expirations += open.store.expirations;
    try {
      open.store.close();
    } catch {
      this.#leftovers++;
    }
    this.#closeDatabase();
  }

  /** Where the store could not, or was never made. */
  #closeDatabase(): void {
    const database = this.#database;
    this.#database = undefined;
    if (database?.isOpen) this.#tidied(() => database.close());
  }

  #failed(error: unknown): unknown {
    this.#failures++;
    if (codeOf(error) === full) this.#tidied(() => this.#open?.store.shrink());
    this.#rollBack();
    return error;
  }

  /** SQLite finds the file read-only and the file system does not: then it is the version in its header that is wrong. */
  #saysReadOnly(error: unknown): boolean {
    if (codeOf(error) !== readOnly) return false;
    try {
      accessSync(this.#path, constants.W_OK);
      accessSync(this.#limits.directory, constants.W_OK);
    } catch {
      return false;
    }
    return true;
  }

  #rollBack(): void {
    const database = this.#database;
    if (!this.#open) this.#closeDatabase();
    else if (database?.isOpen && database.isTransaction) this.#tidied(() => database.exec('rollback'));
  }

  #current(): OpenFile {
    if (this.#open && inodeOf(this.#open.path) === this.#open.inode) return this.#open;
    this.close();
    mkdirSync(this.#limits.directory, { recursive: true, mode: 0o700 });
    const path = join(this.#limits.directory, `entries-${this.#number()}.sqlite`);
    if (!existsSync(path)) makeEmpty(path);
    this.#path = path;
    const database = new DatabaseSync(path, { timeout: busyMs });
    this.#database = database;
    prepare(database, this.#limits.sizeBytes, this.#system.ids.hex(8));
    this.#open = { store: new DiskStore(database, this.#limits), path, inode: inodeOf(path) ?? -1n };
    return this.#open;
  }

  /** The number in use, or the next one that was never used. */
  #number(): number {
    const found = this.#names();
    const inUse = found.filter(({ isBroken: broken }) => !broken).map(({ number }) => number);
    if (inUse.length > 0) return Math.max(...inUse);
    return Math.max(0, ...found.map(({ number }) => number)) + 1;
  }

  #names(): { readonly file: string; readonly number: number; readonly isBroken: boolean }[] {
    return readdirSync(this.#limits.directory).flatMap((file) => {
      const [, number, broken] = name.exec(file) ?? [];
      return number === undefined ? [] : [{ file, number: Number(number), isBroken: broken !== undefined }];
    });
  }

  #putAside(error: unknown): void {
    const path = this.#path;
    const inode = this.#open?.inode;
    this.close();
    if (path === '' || (inode !== undefined && inodeOf(path) !== inode)) return; // another process has put it aside
    this.#setAside++;
    this.setAside.push({ file: `${path}.broken`, because: error instanceof Error ? error.message : String(error) });
    // The file first: from then on nobody opens it. Its journals go with it, under the name they then belong to.
    for (const end of ['', '-wal', '-shm']) this.#tidied(() => existsSync(path + end) && renameSync(path + end, `${path}.broken${end}`));
    this.#dropOldest();
  }

  #dropOldest(): void {
    const broken = this.#names().filter((one) => one.isBroken);
    broken.sort((a, b) => b.number - a.number);
    for (const { file } of broken.slice(brokenKept))
      for (const end of ['', '-wal', '-shm']) this.#tidied(() => rmSync(join(this.#limits.directory, file + end), { force: true }));
  }

  /** Upkeep whose failure changes nothing for the caller. It is counted. */
  #tidied(work: () => unknown): void {
    try {
      work();
    } catch {
      this.#leftovers++;
    }
  }
}

/** For nobody but its owner: it holds what the application caches. */
function makeEmpty(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was first
  }
}

/** Memory mapping stays off: a file that is cut while it is mapped ends the process. */
function prepare(database: DatabaseSync, sizeBytes: number, epoch: string): void {
  database.exec(`pragma journal_mode = wal; pragma mmap_size = 0; pragma trusted_schema = off; pragma cell_size_check = on; pragma temp_store = memory;
    pragma cache_size = -16384; pragma journal_size_limit = 16777216; pragma max_page_count = ${Math.ceil((2 * sizeBytes) / pageBytes) + 256}`);
  if (versionOf(database) === 0) makeSchema(database, epoch);
  if (versionOf(database) !== formatVersion) throw new Error(`it has format ${versionOf(database)}`);
}

function makeSchema(database: DatabaseSync, epoch: string): void {
  database.exec('begin immediate');
  if (versionOf(database) === 0) {
    database.exec(schema);
    writeFirstState(database, epoch);
  }
  database.exec('commit');
}

const versionOf = (database: DatabaseSync): unknown => database.prepare('pragma user_version').get()?.['user_version'];

const inodeOf = (path: string): bigint | undefined => statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;

const codeOf = (error: unknown): number | undefined => {
  const { errcode } = error as { readonly errcode?: number };
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
};

/** Whether the file itself is to blame. A file system's own errors have no `errcode` but a `syscall`. */
function isBroken(error: unknown): boolean {
  const code = codeOf(error);
  if (code === undefined) return !(error instanceof Error && 'syscall' in error);
  return (error as { readonly errcode: number }).errcode === shortRead || !surroundings.has(code);
}
