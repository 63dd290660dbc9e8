import type { Target } from '../tiers/index.ts';

/** One message: who, the how manieth of his, and what is to be dropped. A heartbeat drops nothing. `'all'`: more than fits. */
export interface BusMessage {
  readonly sender: string;
  readonly number: number;
  readonly targets: readonly Target[] | 'all';
  /** What others than the cache have to say with it, true once everything before it has been heard. */
  readonly note?: string | undefined;
}

/** Targets in one message; more are told as everything. */
export const mostTargets = 500;
const version = 1;
const kinds = ['key', 'tag', 'pattern', 'entity'];

const longestNote = 65_536;

export const encodeMessage = ({ sender, number, targets, note }: BusMessage): string =>
  JSON.stringify(note === undefined ? [version, sender, number, targets] : [version, sender, number, targets, note]);

/** Room for version, sender, number and brackets. */
const headBytes = 64;

/** Targets as messages of at most so many bytes; undefined where they would be more than `most` messages, or one alone is too long. */
export function portionsOf(targets: readonly Target[], longestBytes: number, most: number): readonly (readonly Target[])[] | undefined {
  const portions: Target[][] = [[]];
  let left = longestBytes - headBytes;
  for (const target of targets) {
    const bytes = Buffer.byteLength(JSON.stringify(target)) + 1;
    if (bytes > longestBytes - headBytes) return undefined;
    if (bytes > left) {
      portions.push([]);
      left = longestBytes - headBytes;
    }
    left -= bytes;
    portions.at(-1)?.push(target);
  }
  return portions.length > most ? undefined : portions;
}

/** Undefined for what is no message of this version: a stranger on the channel. */
export function decodeMessage(text: string): BusMessage | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(read) || read.length < 4 || read.length > 5 || read[0] !== version) return undefined;
  const [, sender, number, targets, note] = read as [number, unknown, unknown, unknown, unknown];
  if (typeof sender !== 'string' || !Number.isSafeInteger(number) || !(targets === 'all' || isTargets(targets))) return undefined;
  if (note === undefined) return { sender, number: number as number, targets };
  if (typeof note !== 'string' || note.length > longestNote) return undefined;
  return { sender, number: number as number, targets, note };
}

const isTargets = (value: unknown): value is readonly Target[] => Array.isArray(value) && value.length <= mostTargets && value.every(isTarget);

function isTarget(value: unknown): value is Target {
  if (typeof value !== 'object' || value === null) return false;
  const [entry, ...more] = Object.entries(value);
  return entry !== undefined && more.length === 0 && kinds.includes(entry[0]) && typeof entry[1] === 'string' && entry[1].length > 0 && entry[1].length <= 1024;
}
