import { ratio as anyRatio, type Duration, duration, flag, integer, oneOf, parseDuration, parseSize, type Rule, size, text } from '../../kernel/index.ts';

/** How a setting is written: its rule for a value, and how the text of an environment variable becomes one. */
export interface Kind {
  // biome-ignore lint/suspicious/noExplicitAny: rules of any kind stand in one table
  readonly rule: Rule<any, any, string>;
  /** The value a text stands for, or the text itself where it is none (the rule then refuses it and says what is allowed). */
  parse(text: string): unknown;
  /** Said in the docs: `ms when no unit is given`. */
  readonly unit: string;
}

const numeric = (text: string): unknown => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);

export const whole = (lowest: number, highest: number, fallback: number, unit = 'count'): Kind => ({
  rule: integer(lowest, highest, fallback),
  parse: numeric,
  unit,
});

export const number = (lowest: number, highest: number, fallback: number, unit: string): Kind => ({
  rule: anyRatio(lowest, highest, fallback),
  parse: numeric,
  unit,
});

/** A duration; `bare` is what a number without a unit counts in, where the name is one of those that always had that unit. */
export function time(lowest: Duration, highest: Duration, fallback: Duration, bare?: 'ms' | 's'): Kind {
  const parse = (value: string): unknown => {
    if (/^\d+$/.test(value)) return bare === undefined ? value : Number(value) * (bare === 's' ? 1000 : 1);
    return parseDuration(value) ?? value;
  };
  return { rule: duration(lowest, highest, fallback), parse, unit: bare === undefined ? 'duration with a unit' : `duration; a bare number is ${bare}` };
}

export const bytes = (lowest: `${number}KiB` | `${number}MiB`, highest: `${number}GiB`, fallback: `${number}MiB`): Kind => ({
  rule: size(lowest, highest, fallback),
  parse: (value) => parseSize(value) ?? value,
  unit: 'size with a unit',
});

const yes = new Map<string, boolean>([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

export const yesNo = (fallback: boolean): Kind => ({ rule: flag(fallback), parse: (value) => yes.get(value.toLowerCase()) ?? value, unit: 'true or false' });

export const words = <const Word extends string>(all: readonly Word[], fallback: Word): Kind => ({
  rule: oneOf(all, fallback),
  parse: (value) => value,
  unit: all.join(', '),
});

export const plain = (fallback?: string, allowed = 'text', accept: (value: string) => boolean = () => true): Kind => ({
  rule: fallback === undefined ? text(undefined, allowed, accept) : text(fallback, allowed, accept),
  parse: (value) => value,
  unit: allowed,
});

/** A comma list of texts. */
export const list = (allowed: string): Kind => ({
  rule: {
    suffix: '',
    allowed,
    fallback: [],
    read: (value) => (Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '') ? (value as string[]) : undefined),
  },
  parse: (value) =>
    value
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== ''),
  unit: 'comma list',
});
