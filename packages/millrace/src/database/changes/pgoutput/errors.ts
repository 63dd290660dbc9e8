import { type ErrorCatalogue, MillraceError } from '../../../kernel/index.ts';

/** A message of the replication stream that cannot be what the protocol says. The stream is given up: what follows would be guesswork. */
export class DecodeError extends MillraceError {
  override readonly name = 'DecodeError';
  readonly code = 'MILLRACE_CHANGES_DECODE';
  override readonly retryable = true;
  readonly lengthBytes: number;
  constructor(lengthBytes: number, what: string) {
    super(`A replication message of ${lengthBytes} bytes is not what the protocol says: ${what}`);
    this.lengthBytes = lengthBytes;
  }
}

export const changesErrors: ErrorCatalogue = {
  MILLRACE_CHANGES_DECODE: {
    title: 'The change stream is broken',
    why: 'A message of the logical replication stream was cut off or of a form this version does not know.',
    do: 'Nothing: the reader begins anew and caches are revalidated. If it comes back, tell us the PostgreSQL version.',
    retryable: true,
    status: 500,
  },
};
