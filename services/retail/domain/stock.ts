/**
 * The sales file knows what was sold, not what lay on the shelf. Stock is derived so that it lasts: each store opens with a shelf of every product and enough for
 * what it sold on the first day; each following morning a delivery brings what that day sold; a last delivery fills every shelf up to `targetLevel`.
 * While the service runs, `restock` does what a shop's buyer does: whatever falls below `reorderLevel` is delivered up to `targetLevel` again.
 */
export const shelfLevel = 24;
export const reorderLevel = 48;

/** Pieces a full shelf holds: four weeks of what the file's two days sold there, in dozens, 120 at least. */
export const targetLevel = (soldInFile: number): number => Math.max(120, Math.ceil((soldInFile * 14) / 12) * 12);

export const movementKinds = ['opening', 'delivery', 'sale', 'adjustment'] as const;
export type MovementKind = (typeof movementKinds)[number];

export interface Movement {
  readonly id: number;
  readonly storeId: number;
  readonly productId: number;
  readonly kind: MovementKind;
  /** Pieces: negative where they left the shelf. */
  readonly quantity: number;
  readonly transactionId: number | null;
  readonly createdAt: string;
}

export interface InventoryLevel {
  readonly storeId: number;
  readonly productId: number;
  readonly quantity: number;
  readonly updatedAt: string;
}
