import { type ErrorCatalogue, MillraceError } from '../../kernel/index.ts';

/** A migration that cannot be run, or that failed. Its `cause` is the server's error. */
export class MigrationError extends MillraceError {
  override readonly name = 'MigrationError';
  readonly code = 'MILLRACE_MIGRATION';
  readonly migration: string;
  constructor(migration: string, problem: string, options?: ErrorOptions) {
    super(`Migration ${migration} cannot be applied: ${problem}`, options);
    this.migration = migration;
  }
}

/** The text of a migration is not the one that was applied. */
export class MigrationChangedError extends MillraceError {
  override readonly name = 'MigrationChangedError';
  readonly code = 'MILLRACE_MIGRATION_CHANGED';
  readonly migration: string;
  constructor(migration: string, appliedAt: string) {
    super(`Migration ${migration} is not the one that was applied on ${appliedAt}: its text has changed since`);
    this.migration = migration;
  }
}

/** With `check`, the schema is behind the program. */
export class MigrationPendingError extends MillraceError {
  override readonly name = 'MigrationPendingError';
  readonly code = 'MILLRACE_MIGRATION_PENDING';
  readonly pending: readonly string[];
  constructor(pending: readonly string[]) {
    super(
      `The schema is ${pending.length} ${pending.length === 1 ? 'migration' : 'migrations'} behind: ${pending.slice(0, 10).join(', ')}${pending.length > 10 ? ', …' : ''}`,
    );
    this.pending = pending;
  }
}

/** Another process held the migration lock for the whole wait. */
export class MigrationLockedError extends MillraceError {
  override readonly name = 'MigrationLockedError';
  readonly code = 'MILLRACE_MIGRATION_LOCKED';
  override readonly retryable = true;
  readonly limitMs: number;
  constructor(limitMs: number) {
    super(`Another process has been running migrations for more than ${limitMs} ms`);
    this.limitMs = limitMs;
  }
}

export const migrationErrors: ErrorCatalogue = {
  MILLRACE_MIGRATION: {
    title: 'A migration cannot be applied',
    why: 'Its id is wrong, or the server refused one of its statements; what it had done in its transaction was undone.',
    do: 'The cause has the server’s words. Correct the migration if nobody has applied it yet, else add the next one.',
    retryable: false,
    status: 500,
  },
  MILLRACE_MIGRATION_CHANGED: {
    title: 'An applied migration was changed',
    why: 'Its text is no longer the one this database was migrated with.',
    do: 'Put the old text back and write the change as a new migration.',
    retryable: false,
    status: 500,
  },
  MILLRACE_MIGRATION_PENDING: {
    title: 'The schema is behind the program',
    why: 'The mode is check, and migrations of this version are not applied.',
    do: 'Apply them with a role that may, or set the mode to auto in development.',
    retryable: false,
    status: 500,
  },
  MILLRACE_MIGRATION_LOCKED: {
    title: 'Another process runs migrations',
    why: 'The migration lock was not free within the limit.',
    do: 'Wait for the other one; raise the limit when a migration takes that long.',
    retryable: true,
    status: 503,
  },
};
