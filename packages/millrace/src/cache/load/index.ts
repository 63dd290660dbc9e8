export { Batcher, type Demands, keyFor, type LoadRows } from './batch.ts';
export { Fill, type FillRequest, type Landing, loadOperation, type Wanted } from './fill.ts';
export { type CacheEntry, type Fetch, isWatched, minConfidenceOf, Reader, type ReadOptions } from './reader.ts';
