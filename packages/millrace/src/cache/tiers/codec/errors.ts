import { type ErrorCatalogue, MillraceError } from '../../../kernel/index.ts';

/** A value that cannot leave the process, or one from outside that cannot be what it says. */
export class CodecError extends MillraceError {
  override readonly name = 'CodecError';
  readonly code = 'MILLRACE_CACHE_VALUE';
  constructor(why: string, options?: ErrorOptions) {
    super(`The value cannot be kept outside the process: ${why}`, options);
  }
}

export const codecErrors: ErrorCatalogue = {
  MILLRACE_CACHE_VALUE: {
    title: 'A value that only memory can hold',
    why: 'It holds a function, a symbol, an instance of a class, itself, or more than 200 levels.',
    do: 'Cache plain data: objects, arrays, texts, numbers, bigints, dates, maps, sets, bytes. Until then it is kept in memory alone.',
    retryable: false,
    status: 500,
  },
};
