export { NodeProbe, type ProcessProbe, type ProcessTotals } from './probe.ts';
export { ProcessFigures, type ProcessReading } from './process-figures.ts';
