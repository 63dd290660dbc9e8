export { Popular } from './popular.ts';
export { type Warmable, type Warmed, Warmer, type WarmingStats } from './warmer.ts';
