import type { BusStats } from './bus/index.ts';
import { type EntityFigures, rateOf, type TierFigures } from './figures/index.ts';
import type { WarmingStats } from './warm/index.ts';

/** Figures of one entity, or of the plain keys. Counts are since the start; ms and bytes as named. */
export interface EntityStats {
  readonly name: string;
  readonly hits: number;
  readonly staleHits: number;
  readonly misses: number;
  /** 0 to 1; NaN when nothing was asked. */
  readonly hitRate: number;
  readonly loads: number;
  readonly loadedIds: number;
  readonly loadErrors: number;
  readonly loadMs: { readonly mean: number; readonly p50: number; readonly p95: number; readonly p99: number };
  readonly loadsInFlight: number;
  readonly entries: number;
  readonly sizeBytes: number;
  readonly evictions: number;
  readonly expirations: number;
  readonly invalidations: number;
  readonly refused: { readonly size: number; readonly outdated: number };
}

export interface TierReport {
  readonly name: string;
  readonly policy: string;
  readonly hits: number;
  readonly misses: number;
  readonly hitRate: number;
  readonly stores: number;
  readonly errors: number;
  readonly skipped: number;
  readonly entries: number | undefined;
  readonly sizeBytes: number | undefined;
  readonly evictions: number | undefined;
  /** It has to be told invalidations it missed before it is used again. */
  readonly isDistrusted: boolean;
}

export interface CacheStats {
  readonly hits: number;
  readonly staleHits: number;
  readonly misses: number;
  /** Since the start, 0 to 1; NaN when nothing was asked. */
  readonly hitRate: number;
  /** Of memory, over the last five minutes; NaN when nothing was asked. */
  readonly recentHitRate: number;
  readonly loadsInFlight: number;
  readonly maxSizeBytes: number;
  readonly tiers: readonly TierReport[];
  readonly entities: readonly EntityStats[];
  readonly warming: WarmingStats;
  /** Undefined where the process is alone. */
  readonly bus: BusStats | undefined;
}

/** @internal */
export function statsOf(name: string, figures: EntityFigures, loadsInFlight: number): EntityStats {
  const { hits, staleHits, misses, loads, loadedIds, loadErrors, entries, sizeBytes, evictions, expirations, invalidations, loadTime } = figures;
  const ms = (micros: number): number => micros / 1000;
  return {
    ...{ name, hits, staleHits, misses, hitRate: rateOf(hits, misses), loads, loadedIds, loadErrors },
    loadMs: { mean: ms(loadTime.mean), p50: ms(loadTime.quantile(0.5)), p95: ms(loadTime.quantile(0.95)), p99: ms(loadTime.quantile(0.99)) },
    ...{ loadsInFlight, entries, sizeBytes, evictions, expirations, invalidations },
    refused: { size: figures.refusedSize, outdated: figures.refusedOutdated },
  };
}

/** @internal */
export function tierReportOf(
  name: string,
  { hits, misses, stores, errors, skipped }: TierFigures,
  held: Pick<TierReport, 'policy' | 'entries' | 'sizeBytes' | 'evictions' | 'isDistrusted'>,
): TierReport {
  return { name, hits, misses, hitRate: rateOf(hits, misses), stores, errors, skipped, ...held };
}
