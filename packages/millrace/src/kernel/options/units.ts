import { ConfigError } from '../errors.ts';

/** A length of time: a number of ms, or digits and one of `ms s m h d` (minutes are `m`; months do not exist here). */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

/** A size: a number of bytes, or digits and a unit: `kB MB GB` are powers of 1000, `KiB MiB GiB` of 1024. */
export type ByteSize = number | `${number}${'B' | 'kB' | 'MB' | 'GB' | 'KiB' | 'MiB' | 'GiB'}`;

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizeUnits: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

export const durationWords = 'a duration such as 250ms, 5s, 10m, 1h or 1d';
export const sizeWords = 'a size such as 64MiB (67108864 bytes) or 64MB (64000000 bytes)';

const known = new Map<string, number>();

/** Milliseconds, or undefined where it is no duration. */
export const parseDuration = (value: unknown): number | undefined => parse(value, durationUnits);
/** Bytes, or undefined where it is no size. */
export const parseSize = (value: unknown): number | undefined => parse(value, sizeUnits);

/** Milliseconds of a duration given by a caller; throws `MILLRACE_CONFIG` where it is none. */
export function durationMs(value: Duration): number {
  if (typeof value === 'number' && value >= 0) return value;
  const ms = known.get(value as string) ?? parseDuration(value);
  if (ms === undefined) throw new ConfigError([{ setting: 'duration', found: JSON.stringify(value) ?? String(value), allowed: durationWords }]);
  if (known.size < 256) known.set(value as string, ms);
  return ms;
}

function parse(value: unknown, units: Readonly<Record<string, number>>): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const split = value.search(/[A-Za-z]/);
  const digits = split < 0 ? '' : value.slice(0, split);
  const unit = units[value.slice(split)];
  return unit === undefined || !/^\d+(\.\d+)?$/.test(digits) ? undefined : Number(digits) * unit;
}

/** Shortest exact form: 5000 → `5s`, 1500 → `1500ms`. */
export function formatDuration(ms: number): string {
  for (const [unit, size] of Object.entries(durationUnits).reverse()) if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  return `${ms}ms`;
}

/** Shortest exact form in powers of 1024: 67108864 → `64MiB`. */
export function formatSize(bytes: number): string {
  for (const unit of ['GiB', 'MiB', 'KiB']) {
    const size = sizeUnits[unit] as number;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return `${bytes}B`;
}
