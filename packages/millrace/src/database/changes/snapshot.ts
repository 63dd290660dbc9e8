/**
 * Which transactions a read could see (PostgreSQL, Functions, 9.28.10: `pg_current_snapshot()`): all below `xmin`, and those below `xmax` that
 * are not among the running.
 */
export interface Snapshot {
  readonly xmin: bigint;
  readonly xmax: bigint;
  readonly running: ReadonlySet<bigint>;
}

/** Reads the text form `xmin:xmax:xip,xip`; undefined where it is none. */
export function parseSnapshot(text: string): Snapshot | undefined {
  const parts = /^(\d+):(\d+):((?:\d+(?:,\d+)*)?)$/.exec(text);
  if (!parts) return undefined;
  const [, xmin, xmax, running] = parts as unknown as [string, string, string, string];
  return { xmin: BigInt(xmin), xmax: BigInt(xmax), running: new Set(running === '' ? [] : running.split(',').map(BigInt)) };
}

/** Had transaction `xid` (64 bits) committed when the snapshot was taken? Only asked of transactions that did commit. */
export const isVisibleIn = ({ xmin, xmax, running }: Snapshot, xid: bigint): boolean => xid < xmin || (xid < xmax && !running.has(xid));
