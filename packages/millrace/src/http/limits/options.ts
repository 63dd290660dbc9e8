import { type ByteSize, type Duration, duration, integer, resolveOptions, size } from '../../kernel/index.ts';

/** How much one request may be. Each limit is the largest that is still taken. */
export interface RequestLimits {
  /** Longest body, after decompression, `1KiB` to `1GiB`; past it 413. A route's own `bodyLimit` wins. @default '1MiB' */
  readonly body?: ByteSize | undefined;
  /** Deepest nesting of a JSON body, 1 to 1,000 levels; past it 400, before anything is parsed. @default 64 */
  readonly depth?: number | undefined;
  /** Most query parameters, 1 to 10,000; past it 400. @default 1000 */
  readonly parameters?: number | undefined;
  /** Most header lines, 10 to 2,000; past it 431. @default 100 */
  readonly headers?: number | undefined;
  /** Longest request head (address, header names and values), `1KiB` to `16KiB`; past it 431. Node itself takes no more than 16 KiB. @default '16383B' */
  readonly headerSize?: ByteSize | undefined;
  /** Longest address, 256 to 16,000 characters; past it 414. @default 8192 */
  readonly url?: number | undefined;
  /** Longest time until the head of a request is there, `'100ms'` to `'10m'`; past it the connection is closed with 408. @default '10s' */
  readonly headerTimeout?: Duration | undefined;
  /** Longest time until the whole request is there, `'100ms'` to `'1h'`; past it the connection is closed with 408. @default '30s' */
  readonly requestTimeout?: Duration | undefined;
}

const rules = {
  body: size('1KiB', '1GiB', '1MiB'),
  depth: integer(1, 1000, 64),
  parameters: integer(1, 10_000, 1000),
  headers: integer(10, 2000, 100),
  headerSize: size('1KiB', '16KiB', '16383B'),
  url: integer(256, 16_000, 8192),
  headerTimeout: duration('100ms', '10m', '10s'),
  requestTimeout: duration('100ms', '1h', '30s'),
};

/** The same, as the code reads them. */
export interface ReadLimits {
  readonly bodyBytes: number;
  readonly depth: number;
  readonly parameters: number;
  readonly headers: number;
  readonly headerSizeBytes: number;
  readonly url: number;
  readonly headerTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

export const resolveLimits = (given?: RequestLimits): ReadLimits => resolveOptions('http.limits', given, rules);
