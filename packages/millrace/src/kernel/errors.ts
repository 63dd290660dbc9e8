/** Codes are permanent. Each area lists its own in its `errors.ts`; the docs page is made from all of them. */
export type ErrorCode = `MILLRACE_${string}`;

/** One row of an area's catalogue: what the class cannot say in its message. */
export interface ErrorEntry {
  readonly title: string;
  /** What leads to it. */
  readonly why: string;
  /** What the reader should do. */
  readonly do: string;
  readonly retryable: boolean;
  /** The HTTP status an adapter answers with. */
  readonly status: number;
}

export type ErrorCatalogue = Readonly<Record<ErrorCode, ErrorEntry>>;

/** Root of what we throw. Match on `code`: unlike `instanceof`, it survives two copies of the package. */
export abstract class MillraceError extends Error {
  abstract readonly code: ErrorCode;
  /** Would the same call have a fair chance later? Retry layers ask this first. */
  readonly retryable: boolean = false;
  /** The HTTP status an adapter answers with when nobody handles it. */
  readonly status: number = 500;

  /** Code, message and figures; never the cause's own fields, which may hold what must not be printed. */
  toJSON(): Record<string, unknown> {
    const { name, message, code, retryable } = this;
    return { ...figuresOf(this), name, code, message, retryable };
  }
}

const figuresOf = (error: MillraceError): Record<string, unknown> =>
  Object.fromEntries(Object.entries(error).filter(([, value]) => typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'));

/** True for our errors, whichever copy of the package threw them. */
export const isMillraceError = (error: unknown): error is MillraceError =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('MILLRACE_');

/** The text of whatever was thrown, for a message that keeps its cause. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** One setting that is not right: its full name, what was found (never a secret) and what is allowed. */
export interface ConfigProblem {
  readonly setting: string;
  readonly found: string;
  readonly allowed: string;
}

/** Settings that cannot be used. Every problem at once, one line each. */
export class ConfigError extends MillraceError {
  override readonly name = 'ConfigError';
  readonly code = 'MILLRACE_CONFIG';
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[], options?: ErrorOptions) {
    super(problems.map(({ setting, found, allowed }) => `${setting} is ${found}: ${allowed}`).join('\n'), options);
    this.problems = problems;
  }
}

/** The end of the whole call has passed. */
export class DeadlineError extends MillraceError {
  override readonly name = 'DeadlineError';
  readonly code = 'MILLRACE_DEADLINE';
  override readonly status = 504;
  readonly operation: string;
  readonly limitMs: number;
  constructor(operation: string, limitMs: number, options?: ErrorOptions) {
    super(`The deadline of ${operation} passed: ${Math.max(0, Math.round(limitMs))} ms were left for it`, options);
    this.operation = operation;
    this.limitMs = limitMs;
  }
}

/** The caller went away or gave up. */
export class AbortedError extends MillraceError {
  override readonly name = 'AbortedError';
  readonly code = 'MILLRACE_ABORTED';
  override readonly status = 499;
  readonly operation: string;
  constructor(operation: string, options?: ErrorOptions) {
    const { cause } = options ?? {};
    super(`${operation} was aborted by its caller${cause === undefined ? '' : `: ${messageOf(cause)}`}`, options);
    this.operation = operation;
  }
}

/** Asked of a part that has been stopped, or never started. */
export class StoppedError extends MillraceError {
  override readonly name = 'StoppedError';
  readonly code = 'MILLRACE_STOPPED';
  override readonly status = 503;
  readonly part: string;
  constructor(part: string, options?: ErrorOptions) {
    super(`${part} is stopped and takes no more calls`, options);
    this.part = part;
  }
}

/** A step of an ordered start or stop did not end within its limit, or failed. */
export class LifecycleError extends MillraceError {
  override readonly name = 'LifecycleError';
  readonly code = 'MILLRACE_LIFECYCLE';
  readonly part: string;
  readonly limitMs: number;
  constructor(part: string, verb: 'start' | 'stop', limitMs: number, options?: ErrorOptions) {
    const { cause } = options ?? {};
    super(cause === undefined ? `${part} did not ${verb} within ${limitMs} ms` : `${part} did not ${verb}: ${messageOf(cause)}`, options);
    this.part = part;
    this.limitMs = limitMs;
  }
}

export const kernelErrors: ErrorCatalogue = {
  MILLRACE_CONFIG: {
    title: 'A setting is wrong',
    why: 'A value is out of its bounds, has no unit, or names nothing that exists.',
    do: 'Correct each setting the message lists; it says what was found and what is allowed.',
    retryable: false,
    status: 500,
  },
  MILLRACE_DEADLINE: {
    title: 'The deadline passed',
    why: 'The time given to the whole call was used up before the answer came.',
    do: 'Look at the waterfall of a slow request to see who used it; give the route more time, or let it degrade.',
    retryable: false,
    status: 504,
  },
  MILLRACE_ABORTED: {
    title: 'The caller gave up',
    why: 'The signal of the call was aborted: usually the client closed its connection.',
    do: 'Nothing, unless it happens often: then the answer comes too late for its readers.',
    retryable: false,
    status: 499,
  },
  MILLRACE_STOPPED: {
    title: 'The part is stopped',
    why: 'The call came after stop() or before start().',
    do: 'Call it between start and stop; during a shutdown send the request to another instance.',
    retryable: false,
    status: 503,
  },
  MILLRACE_LIFECYCLE: {
    title: 'A part did not start or stop',
    why: 'One step of the ordered start or stop failed or ran past its limit.',
    do: 'The message names the part; its cause says what it waited for.',
    retryable: false,
    status: 500,
  },
};
