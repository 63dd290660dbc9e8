export { decodeLease, encodeLeaseEnd, keptHolder, leaseFailureMs } from './lease-text.ts';
export { TierLink } from './link.ts';
export type { Envelope, Fence, LeaseEnd, LeaseState, Target, Tier, TierAnswer, TierStats, TierWrite } from './tier.ts';
