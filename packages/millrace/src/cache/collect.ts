import type { Labels, StatSink } from '../kernel/index.ts';
import { durationBounds } from '../telemetry/index.ts';
import type { EntityFigures } from './figures/index.ts';
import type { TierReport } from './stats.ts';
import type { TableTrustStats } from './tables/index.ts';
import type { WarmingStats } from './warm/index.ts';

/** Figures of the tiers under the names the source documents give them. */
export function collectTier(sink: StatSink, tier: TierReport): void {
  const labels: Labels = { cache_type: tier.name };
  sink.counter('cache_hits_total', 'Keys found in a tier', tier.hits, labels);
  sink.counter('cache_misses_total', 'Keys a tier was asked for and did not have', tier.misses, labels);
  if (tier.hits + tier.misses > 0) sink.gauge('cache_hit_rate', 'Hits over hits and misses of a tier since the start, 0 to 1', tier.hitRate, labels);
  const own: Labels = { tier: tier.name };
  sink.counter('millrace_cache_stores_total', 'Values a tier took', tier.stores, own);
  sink.counter('millrace_cache_tier_errors_total', 'Calls of a tier that failed or ran past its budget', tier.errors, own);
  sink.counter('millrace_cache_tier_skipped_total', 'Calls not made because a tier is left alone or distrusted', tier.skipped, own);
  if (tier.entries !== undefined) sink.gauge('millrace_cache_entries', 'Entries a tier holds', tier.entries, own);
  if (tier.sizeBytes !== undefined) sink.gauge('millrace_cache_size_bytes', 'Bytes a tier holds, estimated', tier.sizeBytes, own);
  if (tier.evictions !== undefined) sink.counter('millrace_cache_evictions_total', 'Entries a tier pushed out to make room', tier.evictions, own);
}

export function collectEntity(sink: StatSink, name: string, figures: EntityFigures): void {
  const labels: Labels = { entity: name };
  sink.counter('millrace_cache_entity_hits_total', 'Answers without the loader', figures.hits, labels);
  sink.counter('millrace_cache_entity_stale_hits_total', 'Answers with a value past its TTL', figures.staleHits, labels);
  sink.counter('millrace_cache_entity_misses_total', 'Answers that waited for the loader', figures.misses, labels);
  sink.counter('millrace_cache_entity_loads_total', 'Calls of the loader', figures.loads, labels);
  sink.counter('millrace_cache_entity_loaded_ids_total', 'Ids the loader was asked for', figures.loadedIds, labels);
  sink.counter('millrace_cache_entity_load_errors_total', 'Calls of the loader that failed', figures.loadErrors, labels);
  sink.counter('millrace_cache_entity_evictions_total', 'Entries pushed out of memory to make room', figures.evictions, labels);
  sink.counter('millrace_cache_entity_expirations_total', 'Entries found past their time in memory', figures.expirations, labels);
  sink.counter('millrace_cache_entity_invalidations_total', 'Entries dropped from memory on request', figures.invalidations, labels);
  sink.counter('millrace_cache_entity_refused_total', 'Values given but not kept', figures.refusedSize, { ...labels, because: 'size' });
  sink.counter('millrace_cache_entity_refused_total', 'Values given but not kept', figures.refusedOutdated, { ...labels, because: 'outdated' });
  sink.gauge('millrace_cache_entity_entries', 'Entries in memory', figures.entries, labels);
  sink.gauge('millrace_cache_entity_size_bytes', 'Bytes in memory, estimated', figures.sizeBytes, labels);
  sink.histogram('millrace_cache_load_duration_seconds', 'Time a load took', figures.loadTime.inSeconds(), durationBounds, labels);
}

/** How far what depends on tables was trusted. */
export function collectTables(sink: StatSink, { doubts, lapses, isCold, coldLoads }: TableTrustStats): void {
  sink.counter('millrace_cache_table_doubts_total', 'Times all that depends on tables had to be looked up anew, since something may have been missed', doubts);
  sink.counter('millrace_cache_table_lapses_total', 'Times nothing was heard of the tables for five seconds', lapses);
  sink.gauge('millrace_cache_cold', 'Whether loads of what is in doubt wait for their turn', isCold ? 1 : 0);
  sink.counter('millrace_cache_cold_loads_total', 'Keys in doubt whose load was let through', coldLoads);
}

export function collectWarming(sink: StatSink, { rounds, skippedRounds, refreshed, failed }: WarmingStats): void {
  sink.counter('millrace_cache_warming_rounds_total', 'Rounds of warming', rounds);
  sink.counter('millrace_cache_warming_skipped_rounds_total', 'Rounds left out while memory was not trusted or the database was spared', skippedRounds);
  sink.counter('millrace_cache_warmed_total', 'Ids made fresh before their time was over', refreshed);
  sink.counter('millrace_cache_warming_failures_total', 'Ids that a round could not make fresh', failed);
}
