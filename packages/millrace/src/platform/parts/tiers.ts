import { type BusTransport, cacheMigrations, DiskTier, PostgresTier, postgresTransport, RedisTier, redisTransport, type Tier } from '../../cache/index.ts';
import { type Database, migrate } from '../../database/index.ts';
import { type EventSink, type Lifecycle, messageOf, type System } from '../../kernel/index.ts';
import type { Redis } from '../../redis/index.ts';
import type { MillraceEvents } from '../events.ts';
import type { ResolvedSettings } from '../settings/index.ts';

type Shared = 'auto' | 'redis' | 'postgres' | 'off';

interface TierPorts {
  readonly system: System;
  readonly events: EventSink<MillraceEvents>;
  readonly database: Database;
  readonly redis: Redis | undefined;
  /** Is the table of the PostgreSQL tier there? Asked before the cache is made. */
  readonly hasTable: boolean;
}

/** What lies below the memory of the process, nearest first, and the channel to the other processes. */
export interface Tiers {
  readonly tiers: readonly Tier[];
  readonly bus: BusTransport | undefined;
  /** Those that must be started before the cache and stopped after it. */
  readonly parts: readonly Lifecycle[];
}

/** `auto`: Redis where there is one, else PostgreSQL in production, where a process is seldom alone. */
function sharedOf(settings: ResolvedSettings, redis: boolean): 'redis' | 'postgres' | 'off' {
  const wanted = settings.get<Shared>('cache.shared');
  if (wanted === 'auto' && !redis) return settings.get<string>('environment') === 'production' ? 'postgres' : 'off';
  if (wanted === 'auto') return 'redis';
  return wanted === 'redis' && !redis ? 'off' : wanted;
}

/** The tiers of the settings: memory is the cache's own, then the disk of the host, then what all hosts share. */
export function makeTiers(settings: ResolvedSettings, { system, events, database, redis, hasTable }: TierPorts): Tiers {
  const prefix = `${settings.get<string>('service')}:`;
  const tiers: Tier[] = [];
  const parts: Lifecycle[] = [];
  const directory = settings.get<string | undefined>('cache.disk.directory');
  if (directory !== undefined) {
    const disk = new DiskTier({ directory, size: settings.get<number>('cache.disk.size') }, { system, events });
    tiers.push(disk);
    parts.push(disk);
  }
  const shared = sharedOf(settings, redis !== undefined);
  if (shared === 'redis' && redis) {
    const isCluster = settings.get<readonly string[]>('redis.nodes').length > 0 && settings.get<string>('redis.mode') !== 'sentinel';
    const shards = isCluster ? 16 : 1;
    tiers.push(new RedisTier(redis, { prefix, shards }));
  } else if (shared === 'postgres' && hasTable) {
    const postgres = new PostgresTier(database, { size: settings.get<number>('cache.postgres.size') }, { system });
    tiers.push(postgres);
    parts.push(postgres);
  }
  return { tiers, bus: busOf(settings, { system, database, redis }, prefix), parts };
}

/** Redis where there is one; else LISTEN and NOTIFY, where the tier is shared over PostgreSQL. */
function busOf(
  settings: ResolvedSettings,
  { system, database, redis }: Pick<TierPorts, 'system' | 'database' | 'redis'>,
  prefix: string,
): BusTransport | undefined {
  if (redis) return redisTransport(redis, `${prefix}invalidations`);
  if (sharedOf(settings, false) === 'off') return undefined;
  return postgresTransport({ system, connect: () => database.connectDirect() }, `${prefix}invalidations`);
}

/** What the start of the database says itself a moment later. */
const ofTheConnection = new Set(['MILLRACE_UNAVAILABLE', 'MILLRACE_DATABASE_REFUSED', 'MILLRACE_TLS', 'MILLRACE_NO_DRIVER', 'MILLRACE_CONNECTION_LOST']);

/**
 * Makes the table of the PostgreSQL tier where it is wanted and may be made. False where it is not there: the service then goes on without that tier, and
 * `warn` says what it takes. Never fails a start: a database that cannot be reached says so itself a moment later.
 */
export async function prepareTable(
  settings: ResolvedSettings,
  database: Database,
  mode: 'auto' | 'check' | 'off',
  warn: (message: string) => void,
): Promise<boolean> {
  const hasRedis = settings.get<string | undefined>('redisUrl') !== undefined || settings.get<readonly string[]>('redis.nodes').length > 0;
  if (sharedOf(settings, hasRedis) !== 'postgres') return false;
  try {
    await migrate(cacheMigrations, { mode }, { connect: () => database.connectDirect() });
    return mode !== 'off' || (await isThere(database));
  } catch (error) {
    if (!ofTheConnection.has(String((error as { readonly code?: unknown }).code)))
      warn(
        `The cache goes on without a tier that processes share: ${messageOf(error)}. Apply the migrations of millrace/cache (cacheMigrations), or set MILLRACE_CACHE_SHARED=off`,
      );
    return false;
  }
}

async function isThere(database: Database): Promise<boolean> {
  const connection = await database.connectDirect();
  try {
    const { rows } = await connection.query({ text: "select to_regclass('millrace.cache_state') is not null as there" });
    return (rows[0] as { readonly there: boolean }).there;
  } finally {
    await connection.end();
  }
}
