export { type BusStats, type BusTransport, type PostgresBusConnection, type PostgresBusPorts, postgresTransport, redisTransport } from './bus/index.ts';
export { type Cache, type CacheMetrics, type CacheNotes, type CachePorts, createCache, type TableChange } from './cache.ts';
export type { Entity, EntityOptions, RowMapping } from './entity/index.ts';
export { CacheKeyError, ConfidenceError, cacheErrors, EntityNameError, LoaderKeysError, SharedLoadError } from './errors.ts';
export type { CacheEvents } from './events.ts';
export { aggregationKey, analysisKey, type EntityId, externalApiKey, type IdPart, key, paramsHash, userKey } from './keys/index.ts';
export { confidenceTtl, type Kind, ttlOf } from './kinds.ts';
export type { CacheEntry, LoadRows, ReadOptions } from './load/index.ts';
export type { CacheOptions, MemoryOptions, WarmingOptions } from './options.ts';
export type { GetOrSetOptions, PlainTtl } from './plain/index.ts';
export type { QueryCacheOptions, RunStatement, Statement } from './queries/index.ts';
export type { CacheStats, EntityStats, TierReport } from './stats.ts';
export type { TableTrust, TableTrustStats } from './tables/index.ts';
export {
  DiskTier,
  DiskTierError,
  type DiskTierEvents,
  type DiskTierOptions,
  type DiskTierPorts,
  type DiskTierStats,
  diskTierErrors,
} from './tiers/disk/index.ts';
export {
  type Envelope,
  type Fence,
  keptHolder,
  type LeaseEnd,
  type LeaseState,
  type Target,
  type Tier,
  type TierAnswer,
  type TierStats,
  type TierWrite,
} from './tiers/index.ts';
export {
  cacheMigrations,
  PostgresTier,
  type PostgresTierDatabase,
  type PostgresTierOptions,
  type PostgresTierPorts,
  type PostgresTierStats,
} from './tiers/postgres/index.ts';
export { RedisTier, type RedisTierOptions } from './tiers/redis/index.ts';
export type { WarmingStats } from './warm/index.ts';
