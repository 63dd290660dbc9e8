/**
 * Brings a schema up to date. All processes may start at once: one takes a session lock on a connection of its own and applies what is missing, the
 * others wait for it and then find nothing to do. The lock is asked for again and again rather than waited for inside the server, because a
 * session that waits there holds a snapshot, and CREATE INDEX CONCURRENTLY waits for all snapshots: the two would wait for each other for ever.
 */
import {
  type Duration,
  duration,
  type EventSink,
  oneOf,
  resolveOptions,
  type System,
  silent,
  sleep,
  system as systemOfTheMachine,
} from '../../kernel/index.ts';
import type { Connection } from '../driver/index.ts';
import type { DatabaseEvents } from '../events.ts';
import { statementError } from '../statement-error.ts';
import { MigrationChangedError, MigrationError, MigrationLockedError, MigrationPendingError } from './errors.ts';
import { dropInvalidIndex } from './index-repair.ts';
import { checkMigrations, checksumOf, type Migration } from './migration.ts';

export interface MigrateOptions {
  /** `auto` applies what is missing, `check` throws when something is, `off` does nothing. @default 'check' */
  readonly mode?: 'auto' | 'check' | 'off' | undefined;
  /** How long to wait for another process that runs migrations, `'1s'` to `'1d'`. @default '10m' */
  readonly lockTimeout?: Duration | undefined;
}

export interface MigratePorts {
  /** A connection that no transaction pooler stands before: it holds a session lock. `database.connectDirect` is one. */
  connect(): Promise<Connection>;
  readonly events?: EventSink<DatabaseEvents> | undefined;
  readonly system?: System | undefined;
}

export interface MigrateReport {
  readonly applied: readonly string[];
  /** Ids in the database that this program does not know: a newer one has been here. */
  readonly unknown: readonly string[];
}

const rules = { mode: oneOf(['auto', 'check', 'off'], 'check'), lockTimeout: duration('1s', '1d', '10m') };

/** The lock's key: the letters `mill` and `race` as two numbers, so that it collides with nobody by chance. */
const lockKey = [0x6d_69_6c_6c, 0x72_61_63_65];
const firstPauseMs = 50;
const longestPauseMs = 500;

const tableText = `create schema if not exists millrace;
create table if not exists millrace.migrations (
  id text primary key,
  checksum text not null,
  applied_at timestamptz not null default now(),
  took_ms double precision not null
);`;
const existsText = `select to_regclass('millrace.migrations') is not null as "exists"`;
const appliedText = `select id, checksum, to_char(applied_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as "appliedAt" from millrace.migrations`;
const noteText = 'insert into millrace.migrations (id, checksum, took_ms) values ($1, $2, $3)';

interface Applied {
  readonly id: string;
  readonly checksum: string;
  readonly appliedAt: string;
}

/** @throws MILLRACE_MIGRATION, MILLRACE_MIGRATION_CHANGED, MILLRACE_MIGRATION_PENDING, MILLRACE_MIGRATION_LOCKED */
export async function migrate(migrations: readonly Migration[], options: MigrateOptions, ports: MigratePorts): Promise<MigrateReport> {
  const { mode, lockTimeoutMs } = resolveOptions('migrate', options, rules);
  checkMigrations(migrations);
  if (mode === 'off') return { applied: [], unknown: [] };
  const connection = await ports.connect();
  try {
    // Nearly every start finds nothing to do: it is told so without the lock.
    const before = await appliedOn(connection);
    const missing = missingFrom(migrations, before);
    if (mode === 'check' && missing.length > 0) throw new MigrationPendingError(missing.map(({ id }) => id));
    if (missing.length === 0) return { applied: [], unknown: unknownIn(before, migrations) };
    return await new Migrator(connection, ports).underLock(lockTimeoutMs, migrations);
  } finally {
    await connection.end();
  }
}

/** The same as SQL text, for whoever applies it with another role: everything that is not applied yet on that database. */
export async function printMigrations(migrations: readonly Migration[], ports: Pick<MigratePorts, 'connect'>): Promise<string> {
  checkMigrations(migrations);
  const connection = await ports.connect();
  try {
    return missingFrom(migrations, await appliedOn(connection))
      .map(printed)
      .join('\n');
  } finally {
    await connection.end();
  }
}

const printed = (migration: Migration, index: number): string => {
  const { id, sql, transaction = true } = migration;
  const note = `insert into millrace.migrations (id, checksum, took_ms) values ('${id}', '${checksumOf(migration)}', 0);`;
  const body = `${sql.trim().replace(/;$/, '')};\n${note}`;
  return `${index === 0 ? `${tableText}\n` : ''}-- ${id}\n${transaction ? `begin;\n${body}\ncommit;` : body}\n`;
};

async function appliedOn(connection: Connection): Promise<readonly Applied[]> {
  const [found] = (await connection.query({ text: existsText })).rows as { readonly exists: boolean }[];
  return found?.exists ? ((await connection.query({ text: appliedText })).rows as Applied[]) : [];
}

/** Those not applied yet. @throws MILLRACE_MIGRATION_CHANGED when one that was applied has another text now */
function missingFrom(migrations: readonly Migration[], applied: readonly Applied[]): readonly Migration[] {
  const known = new Map(applied.map((one) => [one.id, one]));
  return migrations.filter((migration) => {
    const found = known.get(migration.id);
    if (found && found.checksum !== checksumOf(migration)) throw new MigrationChangedError(migration.id, found.appliedAt);
    return !found;
  });
}

const unknownIn = (applied: readonly Applied[], migrations: readonly Migration[]): readonly string[] => {
  const ids = new Set(migrations.map(({ id }) => id));
  return applied.map(({ id }) => id).filter((id) => !ids.has(id));
};

class Migrator {
  readonly #connection: Connection;
  readonly #events: EventSink<DatabaseEvents>;
  readonly #system: System;

  constructor(connection: Connection, { events = silent, system = systemOfTheMachine }: MigratePorts) {
    this.#connection = connection;
    this.#events = events;
    this.#system = system;
  }

  async underLock(limitMs: number, migrations: readonly Migration[]): Promise<MigrateReport> {
    await this.#lock(limitMs);
    // The session ends with the connection, and the lock with the session: nothing is left when the process dies here.
    await this.#connection.query({ text: tableText, isPlain: true });
    const before = await appliedOn(this.#connection);
    const missing = missingFrom(migrations, before);
    for (const migration of missing) await this.#apply(migration);
    return { applied: missing.map(({ id }) => id), unknown: unknownIn(before, migrations) };
  }

  async #lock(limitMs: number): Promise<void> {
    const { clock, random } = this.#system;
    const endMs = clock.monotonicMs() + limitMs;
    for (let attempt = 0; ; attempt++) {
      const { rows } = await this.#connection.query({ text: 'select pg_try_advisory_lock($1, $2) as "taken"', values: lockKey });
      if ((rows[0] as { readonly taken: boolean }).taken) return;
      if (attempt === 0) this.#events.emit('database.migration.awaited', () => ({ limitMs }));
      if (clock.monotonicMs() >= endMs) throw new MigrationLockedError(limitMs);
      await sleep(clock, (0.5 + random.next() / 2) * Math.min(longestPauseMs, firstPauseMs * 2 ** attempt));
    }
  }

  async #apply(migration: Migration): Promise<void> {
    const { clock } = this.#system;
    const sinceMs = clock.monotonicMs();
    const took = (): number => clock.monotonicMs() - sinceMs;
    try {
      if (migration.transaction === false) await this.#applyAlone(migration, took);
      else await this.#applyInTransaction(migration, took);
    } catch (error) {
      const cause = statementError(error, migration.sql);
      throw new MigrationError(migration.id, cause instanceof Error ? cause.message : String(cause), { cause });
    }
    this.#events.emit('database.migration.applied', () => ({ id: migration.id, tookMs: took() }));
  }

  /** What it did and the note of it commit together, or neither. */
  async #applyInTransaction(migration: Migration, took: () => number): Promise<void> {
    await this.#connection.query({ text: 'begin', isPlain: true });
    try {
      await this.#connection.query({ text: migration.sql, isPlain: true });
      if (this.#connection.transactionStatus !== 'T') throw new MigrationError(migration.id, 'it ends its own transaction; leave BEGIN and COMMIT out');
      await this.#note(migration, took());
      await this.#connection.query({ text: 'commit', isPlain: true });
    } catch (error) {
      if (this.#connection.isOpen && this.#connection.transactionStatus !== 'I') await this.#connection.query({ text: 'rollback', isPlain: true });
      throw error;
    }
  }

  /** Outside a transaction: what an earlier, failed attempt left behind is dropped first, and dropped again when this one fails. */
  async #applyAlone(migration: Migration, took: () => number): Promise<void> {
    await this.#repair(migration);
    try {
      await this.#connection.query({ text: migration.sql });
    } catch (error) {
      if (this.#connection.isOpen) await this.#repair(migration);
      throw error;
    }
    await this.#note(migration, took());
  }

  async #repair({ id, sql }: Migration): Promise<void> {
    const index = await dropInvalidIndex(this.#connection, sql);
    if (index !== undefined) this.#events.emit('database.index.dropped', () => ({ index, migration: id }));
  }

  async #note(migration: Migration, tookMs: number): Promise<void> {
    await this.#connection.query({ text: noteText, values: [migration.id, checksumOf(migration), tookMs] });
  }
}
