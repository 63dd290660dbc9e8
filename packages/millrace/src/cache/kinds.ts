import { type Duration, durationMs, formatDuration } from '../kernel/index.ts';
import { ConfidenceError } from './errors.ts';

/** How long values of the usual kinds stay right, as defaults to begin with: `ttl: ttlOf.product`. */
export const ttlOf: Readonly<Record<Kind, Duration>> = {
  ...{ product: '1h', category: '2h', inventory: '5m', user: '30m', query: '15m', lookup: '24h', session: '30m', aggregate: '5m' },
  ...{ price: '5m', marketSummary: '10m', tokenMetadata: '24h', publicKey: '1h', walletBalance: '1m', transactionHistory: '5m' },
};

export type Kind =
  | 'product'
  | 'category'
  | 'inventory'
  | 'user'
  | 'query'
  | 'lookup'
  | 'session'
  | 'aggregate'
  | 'price'
  | 'marketSummary'
  | 'tokenMetadata'
  | 'publicKey'
  | 'walletBalance'
  | 'transactionHistory';

const steps = [
  { above: 0.9, factor: 6 },
  { above: 0.8, factor: 3 },
  { above: 0.6, factor: 2 },
] as const;

/**
 * A TTL by how sure its source was: six times the base above 0.9, three times above 0.8, twice above 0.6, else the base; never above `maximum`.
 *
 * @param confidence 0 to 1; anything else is refused with MILLRACE_CONFIDENCE
 */
export function confidenceTtl(confidence: number, base: Duration = '5m', maximum: Duration = '1h'): Duration {
  const factor = steps.find(({ above }) => checkedConfidence(confidence) > above)?.factor ?? 1;
  return formatDuration(Math.min(durationMs(base) * factor, durationMs(maximum))) as Duration;
}

/** @internal */
export function checkedConfidence(confidence: number): number {
  if (typeof confidence === 'number' && confidence >= 0 && confidence <= 1) return confidence;
  throw new ConfidenceError(`A confidence of ${String(confidence)} is none: it lies between 0 and 1`, Number(confidence));
}
