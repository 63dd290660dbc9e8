const epochSize = 2n ** 32n;

/**
 * The 64-bit transaction id behind the 32 bits that the stream carries: the one nearest to `near`, a full id read from the same server not
 * long ago (`pg_snapshot_xmax(pg_current_snapshot())`). Two running transactions are never 2^31 apart (PostgreSQL, Routine Vacuuming, 24.1.5).
 */
export function fullXid(xid: number, near: bigint): bigint {
  const sameEpoch = near - (near % epochSize) + BigInt(xid);
  const candidates = [sameEpoch - epochSize, sameEpoch, sameEpoch + epochSize].filter((one) => one >= 0n);
  return candidates.reduce((best, one) => (distance(one, near) < distance(best, near) ? one : best));
}

const distance = (a: bigint, b: bigint): bigint => (a > b ? a - b : b - a);
