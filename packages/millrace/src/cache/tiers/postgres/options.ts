import { type ByteSize, type Duration, duration, integer, resolveOptions, size } from '../../../kernel/index.ts';

export interface PostgresTierOptions {
  /** Bytes of keys and values together, `'1MiB'` to `'1024GiB'`; overrun by a tenth for each process before entries go. @default '256MiB' */
  readonly size?: ByteSize | undefined;
  /** Entries at once, 1 to 2^30, beside the bound in bytes. @default 2^30: bounded by size alone */
  readonly maxEntries?: number | undefined;
  /** Entries above this are kept out, in bytes of their text, `'1KiB'` to `'64MiB'`. @default '1MiB' */
  readonly longestEntry?: ByteSize | undefined;
  /** How often entries past their time are deleted and the bounds are looked after, `'1s'` to `'1h'`. @default '30s' */
  readonly upkeepEvery?: Duration | undefined;
}

const rules = {
  size: size('1MiB', '1024GiB', '256MiB'),
  maxEntries: integer(1, 2 ** 30, 2 ** 30),
  longestEntry: size('1KiB', '64MiB', '1MiB'),
  upkeepEvery: duration('1s', '1h', '30s'),
};

export interface ResolvedPostgresTierOptions {
  readonly sizeBytes: number;
  readonly maxEntries: number;
  readonly longestEntryBytes: number;
  readonly upkeepEveryMs: number;
}

/** @internal @throws MILLRACE_CONFIG */
export const resolvePostgresTierOptions = (given: PostgresTierOptions | undefined): ResolvedPostgresTierOptions =>
  resolveOptions('cache.postgres', given, rules);
