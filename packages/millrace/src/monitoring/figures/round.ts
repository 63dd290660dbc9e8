import type { Seam } from '../../kernel/index.ts';
import { seams } from '../../telemetry/index.ts';
import type { PerSeam } from '../api/schema.ts';

/** Four significant digits: more is noise, and a third of the bytes. NaN has nothing to say. */
export const rounded = (value: number | null): number | null => (value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(4)));

export const roundedOrZero = (value: number): number => rounded(value) ?? 0;

export const ratio = (part: number, whole: number): number | null => (whole > 0 ? rounded(part / whole) : null);

export const perSeam = <Value>(of: (seam: Seam, index: number) => Value): PerSeam<Value> =>
  Object.fromEntries(seams.map((seam, index) => [seam, of(seam, index)])) as unknown as PerSeam<Value>;
