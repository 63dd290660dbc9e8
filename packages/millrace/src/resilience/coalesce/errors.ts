import { MillraceError } from '../../kernel/index.ts';

/** A run asked, on its way, for its own key: it would wait for itself for ever. */
export class CoalesceLoopError extends MillraceError {
  override readonly name = 'CoalesceLoopError';
  readonly code = 'MILLRACE_COALESCE_LOOP';
  readonly operation: string;
  /** How many runs, each waiting for the next, make the circle. */
  readonly depth: number;
  constructor(operation: string, depth: number, options?: ErrorOptions) {
    super(`${operation} waits for itself, through ${depth} run${depth === 1 ? '' : 's'}`, options);
    this.operation = operation;
    this.depth = depth;
  }
}
