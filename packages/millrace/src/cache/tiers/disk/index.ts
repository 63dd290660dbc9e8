export { DiskTier, type DiskTierPorts, type DiskTierStats } from './disk-tier.ts';
export { DiskTierError, diskTierErrors } from './errors.ts';
export type { DiskTierEvents } from './events.ts';
export type { DiskTierOptions } from './options.ts';
