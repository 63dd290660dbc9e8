/** What all cache benches read: a thousand keys, in a random order that is the same for every side. */
export const keyCount = 1000;
const orderLength = 4096;
export const orderMask: number = orderLength - 1;

/** As a parser of requests gives them: whole pieces of text, not the two halves that a template still is until somebody looks inside. */
export const keys: readonly string[] = JSON.parse(JSON.stringify(Array.from({ length: keyCount }, (_, index) => `user:profile:${index}`)));

/** A row of a usual table: seven columns. */
export interface Profile {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly active: boolean;
  readonly score: number;
  readonly tags: readonly string[];
  readonly createdAt: number;
}

export const profile = (id: string): Profile => ({
  id,
  name: `Name of ${id}`,
  email: `${id.replaceAll(':', '.')}@example.test`,
  active: true,
  score: id.length / 7,
  tags: ['a', 'b'],
  createdAt: 1_700_000_000_000 + id.length,
});

/** Ten kilobytes: a list of fifty rows. */
export const report = (id: string): { readonly id: string; readonly rows: readonly object[] } => ({
  id,
  rows: Array.from({ length: 50 }, (_, row) => ({ row, label: `${id} row ${row}`, text: 'x'.repeat(150), amount: row * 1.5 })),
});

/** mulberry32, so that every side asks for the same keys. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const random = seeded(1);
export const order: readonly string[] = Array.from({ length: orderLength }, () => keys[Math.floor(random() * keyCount)] as string);
