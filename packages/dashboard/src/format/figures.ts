/**
 * Numbers as people read them: three significant digits, thousands apart, and the unit chosen once for a whole column or axis, so that two figures under each
 * other can be compared by their length. Whole digits are never rounded away: 1,098 stays 1,098.
 */

/** A number and the small grey word behind it. */
export interface Figure {
  readonly text: string;
  readonly unit: string;
}

/** A unit and what one of it is worth in the base unit. */
export interface Scale {
  readonly unit: string;
  readonly factor: number;
}

/** Stands where a figure does not apply: an endpoint that never asks the cache has no hit rate. What is not yet known stays empty. */
export const doesNotApply = '–';

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Three significant digits. From 100 on whole numbers; `-0` and everything that is not a number read as nothing. */
export function significant(value: number): string {
  if (!Number.isFinite(value)) return '';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 99.95) return grouped.format(value);
  if (size < 0.001) return value < 0 ? '> -0.001' : '< 0.001';
  return value.toPrecision(3).replace(/^(-?)0\.0*$/, '0');
}

/** A limit or a setting: as short as it is exact enough, `2` rather than `2.00`. */
export const exact = (value: number): string => {
  const text = significant(value);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
};

const durations: readonly Scale[] = [
  { unit: 'µs', factor: 0.001 },
  { unit: 'ms', factor: 1 },
  { unit: 's', factor: 1_000 },
  { unit: 'min', factor: 60_000 },
];
const sizes: readonly Scale[] = [
  { unit: 'B', factor: 1 },
  { unit: 'kB', factor: 1_000 },
  { unit: 'MB', factor: 1_000_000 },
  { unit: 'GB', factor: 1_000_000_000 },
];
const counts: readonly Scale[] = [
  { unit: '', factor: 1 },
  { unit: 'M', factor: 1_000_000 },
  { unit: 'bn', factor: 1_000_000_000 },
];

/** The largest unit in which the value is still at least one. */
function scaleFor(value: number, scales: readonly Scale[]): Scale {
  let chosen = scales[0] as Scale;
  for (const scale of scales) if (Math.abs(value) >= scale.factor) chosen = scale;
  return chosen;
}

/** The middle of what is there: one slow row must not turn a column of milliseconds into `0.003 s`. */
function middle(values: readonly (number | null | undefined)[]): number {
  const known = values.filter((value): value is number => typeof value === 'number' && value > 0).sort((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? 0;
}

const atLeastMs = durations.slice(1, 3);

/** One unit for a column of durations, `ms` or `s`, after its middle value. */
export const durationScale = (valuesMs: readonly (number | null | undefined)[]): Scale => scaleFor(middle(valuesMs), atLeastMs);

/** The value in a column's unit, without the unit; empty when it is not known. */
export const inScale = (value: number | null | undefined, scale: Scale): string => (value == null ? '' : significant(value / scale.factor));

const figure = (value: number | null | undefined, scales: readonly Scale[]): Figure => {
  if (value == null) return { text: '', unit: '' };
  const scale = scaleFor(value, scales);
  return { text: significant(value / scale.factor), unit: value === 0 ? zeroUnit(scales) : scale.unit };
};
const zeroUnit = (scales: readonly Scale[]): string => (scales === durations ? 'ms' : (scales[0]?.unit ?? ''));

/** A duration on its own: `340 µs`, `38.2 ms`, `2.61 s`, `3.20 min`. */
export const duration = (valueMs: number | null | undefined): Figure => figure(valueMs, durations);
/** A size on its own, in powers of a thousand. */
export const bytes = (value: number | null | undefined): Figure => figure(value, sizes);
/** How many: `12,480`, `1.04 M`. */
export const count = (value: number | null | undefined): Figure =>
  value == null || Math.abs(value) >= 1e6 ? figure(value, counts) : { text: grouped.format(Math.round(value)), unit: '' };
/** Something per second. */
export const perSecond = (value: number | null | undefined): Figure => (value == null ? { text: '', unit: '' } : { text: significant(value), unit: '/s' });
/** A share of one as per cent; more than two decimals would say more than it knows. */
export function percent(ratio: number | null | undefined): Figure {
  if (ratio == null || !Number.isFinite(ratio)) return { text: '', unit: '' };
  const value = ratio * 100;
  if (value !== 0 && Math.abs(value) < 0.01) return { text: '< 0.01', unit: '%' };
  const decimals = Math.abs(value) >= 99.95 ? 0 : Math.abs(value) >= 9.995 ? 1 : 2;
  // 99.97 % must not read as 100 %: something did go wrong.
  const shown = value < 100 && value >= 99.95 ? Math.floor(value * 100) / 100 : value;
  return { text: shown === 0 ? '0' : shown.toFixed(shown === value ? decimals : 2), unit: '%' };
}

/** A figure in running text. */
export const words = ({ text, unit }: Figure): string => (unit ? `${text} ${unit}` : text);
