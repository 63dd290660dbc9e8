export { highestIn, lowestIn } from './buckets.ts';
export { Histogram } from './histogram.ts';
