export type { StatementFigures, StatementReading } from './figures.ts';
export { normalize, withMaskedLiterals, withoutLiterals } from './normalize.ts';
export { describeParameters, StatementTracker } from './tracker.ts';
