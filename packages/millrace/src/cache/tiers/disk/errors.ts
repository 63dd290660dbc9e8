import { type ErrorCatalogue, MillraceError } from '../../../kernel/index.ts';

/** The disk tier cannot work right now. The cache goes on without it. */
export class DiskTierError extends MillraceError {
  override readonly name = 'DiskTierError';
  readonly code = 'MILLRACE_CACHE_DISK';
  override readonly retryable = true;
  override readonly status = 503;
  constructor(why: string, options?: ErrorOptions) {
    super(`The disk tier cannot work: ${why}`, options);
  }
}

export const diskTierErrors: ErrorCatalogue = {
  MILLRACE_CACHE_DISK: {
    title: 'The disk tier cannot work',
    why: 'The disk is full, read-only or does not answer, another process holds the file, or the tier is not started.',
    do: 'Make room or give it a directory it may write to. Nothing else is needed: the cache goes on without the tier and takes it back by itself.',
    retryable: true,
    status: 503,
  },
};
