import { useLocation } from 'preact-iso/router';
import type { RangeName } from '../../../millrace/src/monitoring/api/schema.ts';

export const ranges: readonly { readonly name: RangeName; readonly text: string; readonly short: boolean }[] = [
  { name: '5m', text: '5 min', short: true },
  { name: '15m', text: '15 min', short: true },
  { name: '1h', text: '1 h', short: true },
  { name: '6h', text: '6 h', short: false },
  { name: '24h', text: '24 h', short: false },
];
export const usualRange: RangeName = '15m';

/** The range of the view. It lives in the address, so that a copied link shows the same. */
export function useRange(): RangeName {
  const { query } = useLocation();
  return ranges.find((one) => one.name === query['range'])?.name ?? usualRange;
}

/** For a link: the present range, where it is not the usual one. */
export const rangeQuery = (range: RangeName): { range?: string } => (range === usualRange ? {} : { range });
