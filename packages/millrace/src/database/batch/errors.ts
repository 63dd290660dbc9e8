import { MillraceError } from '../../kernel/index.ts';

/** A batch that cannot be written: the table or a column does not exist. */
export class BatchError extends MillraceError {
  override readonly name = 'BatchError';
  readonly code = 'MILLRACE_BATCH';
  constructor(problem: string) {
    super(`The rows cannot be written: ${problem}`);
  }
}
