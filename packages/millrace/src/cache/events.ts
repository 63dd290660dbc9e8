import type { Target } from './tiers/tier.ts';

/** What the cache tells, off the hot path. No keys and no ids, except where a person must know which. */
export interface CacheEvents {
  /** A loader failed, or took longer than `loadTimeout`. `servedStale` of its `keys` were answered from what was there. */
  'cache.load.failed': { readonly entity: string; readonly keys: number; readonly error: unknown; readonly correlationId: string };
  /** An older value was given because the load failed or was slow. */
  'cache.entry.servedStale': { readonly entity: string; readonly ageMs: number; readonly because: 'failed' | 'slow'; readonly correlationId: string };
  /** A value was given to its caller but not kept. */
  'cache.entry.refused': { readonly entity: string; readonly because: 'size' | 'outdated'; readonly sizeBytes: number };
  /** Entries were dropped on request. `entries` counts those that were there, in the tier that had most. */
  'cache.entries.invalidated': { readonly target: Target; readonly entries: number };
  /** A round of warming has ended: ids that were made fresh before their time was over, and ids that could not be. */
  'cache.warmed': { readonly refreshed: number; readonly failed: number; readonly tookMs: number };
  /** The essential ids of an entity could not be found: it goes on without them until the next round. */
  'cache.warming.failed': { readonly entity: string; readonly error: unknown };
  /** An entity's mapping of a table could not say which entries a changed row concerns: the whole entity was dropped. */
  'cache.mapping.failed': { readonly entity: string; readonly table: string; readonly reason: string };
  /** The first failure of a tier below memory since it last worked; the next ones are counted. */
  'cache.tier.failed': { readonly tier: string; readonly operation: string; readonly error: unknown };
  /** The first time the other processes could not be told, since it last worked. What they missed they notice by its number. */
  'cache.bus.failed': { readonly transport: string; readonly reason: string };
  /** Something may have been missed: nothing in memory is given any more without being looked up anew. */
  'cache.memory.doubted': { readonly because: 'restored' | 'gap' | 'unknown sender' | 'stranger' | 'all' };
  /** It works again, and has been told every invalidation it missed. */
  'cache.tier.recovered': { readonly tier: string; readonly replayed: number };
}
