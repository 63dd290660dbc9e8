export { TierLink } from './link.ts';
export type { Envelope, Fence, Target, Tier, TierAnswer, TierStats, TierWrite } from './tier.ts';
