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

/** The two bits of the variant, in the place of a random digit's upper two. */
const variants: Readonly<Record<string, string>> = Object.fromEntries([...'0123456789abcdef'].map((digit, value) => [digit, '89ab'[value & 3] as string]));

let timeMs = -1;
let timePart = '';

/** UUID version 7 (RFC 9562): 48 bits of wall time, then chance. The part made of the time is the same for a whole millisecond. */
function uuid(): string {
  const nowMs = Date.now();
  if (nowMs !== timeMs) {
    timeMs = nowMs;
    const time = nowMs.toString(16).padStart(12, '0');
    timePart = `${time.slice(0, 8)}-${time.slice(8)}-7`;
  }
  const rest = hex(10);
  return `${timePart}${rest.slice(0, 3)}-${variants[rest[3] as string]}${rest.slice(4, 7)}-${rest.slice(7, 19)}`;
}

export const systemIds: Ids = { next: uuid, hex };
export const systemRandom: Random = { next: () => Math.random() };
