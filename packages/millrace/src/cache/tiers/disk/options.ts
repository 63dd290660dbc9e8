import { type ByteSize, integer, required, resolveOptions, size, text } from '../../../kernel/index.ts';

export interface DiskTierOptions {
  /** Where the file lives, made where it is missing. All processes of a host that name the same directory share it. Not on a network file system. */
  readonly directory: string;
  /** Bytes of all entries together, `'1MiB'` to `'1024GiB'`; the file takes up to twice as much. @default '256MiB' */
  readonly size?: ByteSize | undefined;
  /** Entries at once, 1 to 2^30, beside the bound in bytes. @default 2^30: bounded by size alone */
  readonly maxEntries?: number | undefined;
  /** Entries above this are kept out, in bytes of their text, `'1KiB'` to `'64MiB'`. @default '1MiB' */
  readonly longestEntry?: ByteSize | undefined;
}

const rules = {
  directory: required(text(undefined, 'the path of a directory', (path) => path.length > 0)),
  size: size('1MiB', '1024GiB', '256MiB'),
  maxEntries: integer(1, 2 ** 30, 2 ** 30),
  longestEntry: size('1KiB', '64MiB', '1MiB'),
};

export interface ResolvedDiskTierOptions {
  readonly directory: string;
  readonly sizeBytes: number;
  readonly maxEntries: number;
  readonly longestEntryBytes: number;
}

/** @internal @throws MILLRACE_CONFIG */
export const resolveDiskTierOptions = (given: DiskTierOptions): ResolvedDiskTierOptions => resolveOptions('cache.disk', given, rules);
