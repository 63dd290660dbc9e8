export { Family } from './family.ts';
export { invalidateIn, MemoryTier } from './memory-tier.ts';
export { type Extras, type MemoryEntry, type MemoryLimits, MemoryStore, type Place, type Stored } from './store.ts';
