import { type ByteSize, type Duration, durationWords, formatDuration, formatSize, parseDuration, parseSize, sizeWords } from './units.ts';

/** What one option may be. `Given` is what a user writes, `Read` what the code gets, under `suffix` (`acquireTimeout` → `acquireTimeoutMs`). */
export interface Rule<Given, Read, Suffix extends string = ''> {
  readonly suffix: Suffix;
  /** In words, for messages and docs: `a whole number from 1 to 500`. */
  readonly allowed: string;
  /** As the user would write it; undefined = the option may be absent. */
  readonly fallback: Given | undefined;
  /** True where there is no default and the option must be given. */
  readonly isRequired?: boolean;
  /** The value read, or undefined when it is not allowed. */
  read(value: unknown): Read | undefined;
}

type Required<Given, Read, Suffix extends string> = Rule<Given, Read, Suffix> & { readonly isRequired: true };

/** The same rule, for an option that must be given. */
export const required = <Given, Read, Suffix extends string>(rule: Rule<Given, Read, Suffix>): Required<Given, Read, Suffix> => ({ ...rule, isRequired: true });

type Defaulted<Given, Read, Suffix extends string> = Rule<Given, Read, Suffix> & { readonly fallback: Given };
// biome-ignore lint/suspicious/noExplicitAny: a table of rules of any kind
export type Rules = Readonly<Record<string, Rule<any, any, string>>>;

const within = (value: number | undefined, lowest: number, highest: number): number | undefined =>
  value !== undefined && value >= lowest && value <= highest ? value : undefined;

export function integer(lowest: number, highest: number, fallback: number): Defaulted<number, number, ''>;
export function integer(lowest: number, highest: number): Rule<number, number, ''>;
export function integer(lowest: number, highest: number, fallback?: number): Rule<number, number, ''> {
  const read = (value: unknown): number | undefined => (Number.isSafeInteger(value) ? within(value as number, lowest, highest) : undefined);
  return { suffix: '', allowed: `a whole number from ${lowest} to ${highest}`, fallback, read };
}

export function ratio(lowest: number, highest: number, fallback: number): Defaulted<number, number, ''> {
  const read = (value: unknown): number | undefined => (typeof value === 'number' ? within(value, lowest, highest) : undefined);
  return { suffix: '', allowed: `a number from ${lowest} to ${highest}`, fallback, read };
}

export function duration(lowest: Duration, highest: Duration, fallback: Duration): Defaulted<Duration, number, 'Ms'>;
export function duration(lowest: Duration, highest: Duration): Rule<Duration, number, 'Ms'>;
export function duration(lowest: Duration, highest: Duration, fallback?: Duration): Rule<Duration, number, 'Ms'> {
  const [low, high] = [parseDuration(lowest) as number, parseDuration(highest) as number];
  const allowed = `${durationWords}, from ${formatDuration(low)} to ${formatDuration(high)}`;
  return { suffix: 'Ms', allowed, fallback, read: (value) => within(parseDuration(value), low, high) };
}

export function size(lowest: ByteSize, highest: ByteSize, fallback: ByteSize): Defaulted<ByteSize, number, 'Bytes'>;
export function size(lowest: ByteSize, highest: ByteSize): Rule<ByteSize, number, 'Bytes'>;
export function size(lowest: ByteSize, highest: ByteSize, fallback?: ByteSize): Rule<ByteSize, number, 'Bytes'> {
  const [low, high] = [parseSize(lowest) as number, parseSize(highest) as number];
  const allowed = `${sizeWords}, from ${formatSize(low)} to ${formatSize(high)}`;
  return { suffix: 'Bytes', allowed, fallback, read: (value) => within(parseSize(value), low, high) };
}

export function flag(fallback: boolean): Defaulted<boolean, boolean, ''> {
  return { suffix: '', allowed: 'true or false', fallback, read: (value) => (typeof value === 'boolean' ? value : undefined) };
}

export function oneOf<const Word extends string>(words: readonly Word[], fallback: Word): Defaulted<Word, Word, ''> {
  const read = (value: unknown): Word | undefined => words.find((word) => word === value);
  return { suffix: '', allowed: `one of ${words.join(', ')}`, fallback, read };
}

/** Any text that `accept` takes. `secret` keeps what was found out of messages. */
export function text(fallback: string, allowed?: string, accept?: (value: string) => boolean): Defaulted<string, string, ''>;
export function text(fallback?: undefined, allowed?: string, accept?: (value: string) => boolean): Rule<string, string, ''>;
export function text(fallback?: string, allowed = 'text', accept: (value: string) => boolean = () => true): Rule<string, string, ''> {
  return { suffix: '', allowed, fallback, read: (value) => (typeof value === 'string' && accept(value) ? value : undefined) };
}

/** A value checked elsewhere (a function, a port, another part's options): taken as it is. */
export function passed<Value>(): Rule<Value, Value, ''> {
  return { suffix: '', allowed: 'as its type says', fallback: undefined, read: (value) => value as Value };
}
