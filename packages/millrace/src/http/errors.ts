import { type ErrorCatalogue, MillraceError } from '../kernel/index.ts';

/** One field of a request that is not as it must be. */
export interface FieldProblem {
  /** Its path, dots between levels: `lines.0.quantity`. Empty for the whole of that part. */
  readonly field: string;
  /** Which part of the request it stands in. */
  readonly in: 'body' | 'query' | 'path' | 'headers';
  readonly message: string;
}

/** The request is well formed but its values are not: 400, naming each wrong field. */
export class InvalidInputError extends MillraceError {
  override readonly name = 'InvalidInputError';
  readonly code = 'MILLRACE_INPUT';
  override readonly status = 400;
  readonly errors: readonly FieldProblem[];
  constructor(errors: readonly FieldProblem[], options?: ErrorOptions) {
    super(`${errors.length} ${errors.length === 1 ? 'field is' : 'fields are'} wrong: ${wordsOf(errors)}`, options);
    this.errors = errors;
  }
}

const wordsOf = (errors: readonly FieldProblem[]): string =>
  errors
    .slice(0, 5)
    .map(({ field, in: part, message }) => `${field || part} ${message}`)
    .join('; ');

/** The request cannot be read at all: not JSON, a broken path, a wrong content type. */
export class MalformedRequestError extends MillraceError {
  override readonly name = 'MalformedRequestError';
  readonly code = 'MILLRACE_REQUEST_MALFORMED';
  override readonly status: number;
  constructor(problem: string, status = 400, options?: ErrorOptions) {
    super(problem, options);
    this.status = status;
  }
}

/** Nothing stands under that id or path: 404. */
export class NotFoundError extends MillraceError {
  override readonly name = 'NotFoundError';
  readonly code = 'MILLRACE_NOT_FOUND';
  override readonly status = 404;
  constructor(what: string, options?: ErrorOptions) {
    super(`${what} does not exist`, options);
  }
}

/** It cannot be done in the present state of things: 409. */
export class ConflictError extends MillraceError {
  override readonly name = 'ConflictError';
  readonly code = 'MILLRACE_CONFLICT';
  override readonly status = 409;
}

/** Something it needs is away: 503 with `Retry-After`. */
export class UnavailableError extends MillraceError {
  override readonly name = 'UnavailableError';
  readonly code = 'MILLRACE_UNAVAILABLE';
  override readonly retryable = true;
  override readonly status = 503;
  /** What the answer's `Retry-After` says, ms. */
  readonly retryAfterMs: number;
  constructor(what: string, retryAfterMs = 1000, options?: ErrorOptions) {
    super(`${what} is not available now`, options);
    this.retryAfterMs = retryAfterMs;
  }
}

export type LimitName = 'body' | 'depth' | 'parameters' | 'headers' | 'headerSize' | 'url';

/** A request is larger than this server takes. */
export class RequestLimitError extends MillraceError {
  override readonly name = 'RequestLimitError';
  readonly code = 'MILLRACE_REQUEST_LIMIT';
  override readonly status: number;
  readonly limitName: LimitName;
  readonly limit: number;
  constructor(limitName: LimitName, limit: number, options?: ErrorOptions) {
    super(`The request has ${limitWords[limitName].thing}: at most ${limit}${limitWords[limitName].unit} are taken`, options);
    this.limitName = limitName;
    this.limit = limit;
    this.status = limitWords[limitName].status;
  }
}

const limitWords: Readonly<Record<LimitName, { readonly thing: string; readonly unit: string; readonly status: number }>> = {
  body: { thing: 'too long a body', unit: ' bytes', status: 413 },
  depth: { thing: 'too deep a body', unit: ' levels', status: 400 },
  parameters: { thing: 'too many query parameters', unit: '', status: 400 },
  headers: { thing: 'too many headers', unit: '', status: 431 },
  headerSize: { thing: 'too long a header', unit: ' bytes', status: 431 },
  url: { thing: 'too long an address', unit: ' characters', status: 414 },
};

/** A header that would be written holds a character no header may hold. */
export class HeaderError extends MillraceError {
  override readonly name = 'HeaderError';
  readonly code = 'MILLRACE_HEADER';
  constructor(header: string, position: number, options?: ErrorOptions) {
    super(`The header ${JSON.stringify(header.slice(0, 60))} was not written: the character at ${position} may not stand in one`, options);
  }
}

export const httpErrors: ErrorCatalogue = {
  MILLRACE_INPUT: {
    title: 'A field of the request is wrong',
    why: 'A value is missing, of another type, or out of its bounds.',
    do: 'Correct each field listed under `errors` and send it again.',
    retryable: false,
    status: 400,
  },
  MILLRACE_REQUEST_MALFORMED: {
    title: 'The request cannot be read',
    why: 'Its body is no JSON, its path is wrongly encoded, or its content type is not one that is taken.',
    do: 'Send JSON as application/json, and percent-encode the path.',
    retryable: false,
    status: 400,
  },
  MILLRACE_NOT_FOUND: {
    title: 'It does not exist',
    why: 'No route has that path, or nothing stands under that id.',
    do: 'Check the path and the id.',
    retryable: false,
    status: 404,
  },
  MILLRACE_CONFLICT: {
    title: 'It conflicts with the present state',
    why: 'Somebody else was faster, or a rule of the data forbids it.',
    do: 'Read the present state and decide again.',
    retryable: false,
    status: 409,
  },
  MILLRACE_UNAVAILABLE: {
    title: 'Something it needs is away',
    why: 'A dependency does not answer, and there is nothing older that may be shown.',
    do: 'Wait as long as Retry-After says, then try again.',
    retryable: true,
    status: 503,
  },
  MILLRACE_REQUEST_LIMIT: {
    title: 'The request is too large',
    why: 'Its address, headers, parameters, body or the depth of its JSON is over the limit the message names.',
    do: 'Send less at once. Where larger requests are right, raise that one limit for that one route.',
    retryable: false,
    status: 413,
  },
  MILLRACE_HEADER: {
    title: 'A header was not written',
    why: 'Its name or value holds a line break or another control character: usually text of a user that went into it unchecked.',
    do: 'Encode the value, or leave the header out.',
    retryable: false,
    status: 500,
  },
};
