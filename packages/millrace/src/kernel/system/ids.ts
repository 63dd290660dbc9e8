import { randomFillSync } from 'node:crypto';
import type { Ids, Random } from '../ports.ts';

const pool = Buffer.alloc(4096);
let used = pool.length;

/** Random bytes in hexadecimal out of a pool filled 4 kB at a time: one system call for 256 trace ids. */
function hex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const text = pool.toString('hex', used, used + bytes);
  used += bytes;
  return /^0+$/.test(text) ? hex(bytes) : text;
}

/** UUID version 7 (RFC 9562): 48 bits of wall time, then chance. */
function uuid(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  const rest = hex(10);
  const variant = ((Number.parseInt(rest[3] as string, 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}-${variant}${rest.slice(4, 7)}-${rest.slice(7, 19)}`;
}

export const systemIds: Ids = { next: uuid, hex };
export const systemRandom: Random = { next: () => Math.random() };
