export { BoundedMap, type BoundedMapOptions, type BoundedMapStats, type RemovalReason } from './bounded-map.ts';
export { EvictionQueue, none, type QueueLimits, resized, type SlotOwner } from './eviction-queue.ts';
export { hashOf, type MapKey } from './hash.ts';
