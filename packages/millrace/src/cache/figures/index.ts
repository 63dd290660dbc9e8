export { EntityFigures, rateOf, TierFigures } from './figures.ts';
export { RateWindow } from './window.ts';
