import { createDatabase, type Database, migrate } from 'millrace/database';
import pg from 'pg';
import { inject } from 'vitest';
import type { Envelope, TierWrite } from '../../../src/cache/index.ts';
import { cacheMigrations } from '../../../src/cache/tiers/postgres/index.ts';
import { type CallContext, rootContext, system } from '../../../src/kernel/index.ts';

export const request = (timeout: `${number}ms` | `${number}s` = '20s'): CallContext => rootContext(system, 'test', { timeout });

export function entry(key: string, value: unknown, more: Partial<Envelope> = {}): TierWrite {
  const storedAtMs = system.clock.wallMs();
  const times = { storedAtMs, freshUntilMs: storedAtMs + 600_000, staleForMs: 0, graceMs: 0 };
  return { key, envelope: { value, ...times, tags: [], version: '1', confidence: undefined, ...more }, fence: undefined };
}

export interface OwnDatabase {
  readonly database: Database;
  readonly url: string;
  /** A second process's way in. */
  another(): Promise<Database>;
  drop(): Promise<void>;
}

let databases = 0;

/** The tables belong to a database, so each test file has one of its own. */
export async function ownDatabase(server: string = inject('databaseUrl')): Promise<OwnDatabase> {
  const name = `cache_${process.pid}_${++databases}`;
  const admin = new pg.Client({ connectionString: server });
  admin.on('error', () => {}); // a killed server ends it
  await admin.connect();
  await admin.query(`create database ${name}`);
  const own = new URL(server);
  own.pathname = `/${name}`;
  const opened: Database[] = [];
  const another = async (): Promise<Database> => {
    const database = createDatabase({ url: own.href, pool: { minConnections: 1, maxConnections: 8 } });
    await database.start();
    opened.push(database);
    return database;
  };
  const database = await another();
  await migrate(cacheMigrations, { mode: 'auto' }, { connect: () => database.connectDirect() });
  const drop = async (): Promise<void> => {
    await Promise.all(opened.map((one) => one.stop('1s')));
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  };
  return { database, url: own.href, another, drop };
}
