export { type ThresholdRule, thresholdRules } from './table.ts';
export { isPast, stepOf, ThresholdBook } from './thresholds.ts';
