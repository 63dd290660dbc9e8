/** One point for each whole pound of a sale. */
export const pointsOf = (totalPence: number): number => Math.floor(totalPence / 100);

export const tiers = ['bronze', 'silver', 'gold'] as const;
export type Tier = (typeof tiers)[number];

/** Points from which a member is of that tier. */
export const tierFrom: Readonly<Record<Tier, number>> = { bronze: 0, silver: 500, gold: 2000 };

export const tierOf = (points: number): Tier => (points >= tierFrom.gold ? 'gold' : points >= tierFrom.silver ? 'silver' : 'bronze');

export interface LoyaltyMember {
  readonly id: number;
  readonly customerId: number;
  readonly country: string;
  readonly tier: Tier;
  readonly points: number;
  readonly joinedAt: string;
}
