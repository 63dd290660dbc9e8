/** One field of a request that is not right, and what it may be. */
export interface WrongField {
  /** Which part of the request it stands in. */
  readonly in: 'path' | 'query' | 'headers' | 'body';
  /** Its path, dots between levels: `limit`, `lines.0.quantity`. Empty for the whole of that part. */
  readonly field: string;
  readonly message: string;
}

/** What the service refuses, as its callers see it. `kind` is permanent: the HTTP adapter makes the problem's type of it. */
export abstract class RetailError extends Error {
  abstract readonly kind: string;
  abstract readonly status: number;
  /** Figures that belong to the refusal: the fields that are wrong, the lines that are short. */
  readonly facts: Readonly<Record<string, unknown>> = {};
}

/** Something in the request is not right. Every wrong field at once. */
export class WrongInputError extends RetailError {
  override readonly name = 'WrongInputError';
  readonly kind = 'wrong-input';
  readonly status = 400;
  override readonly facts: { readonly errors: readonly WrongField[] };
  constructor(errors: readonly WrongField[]) {
    super(errors.map(({ in: part, field, message }) => `${field || part} ${message}`).join('; '));
    this.facts = { errors };
  }
}

/** Nothing has that id. */
export class NotFoundError extends RetailError {
  override readonly name = 'NotFoundError';
  readonly kind = 'not-found';
  readonly status = 404;
  constructor(what: string, id: string | number) {
    super(`There is no ${what} ${id}`);
  }
}

/** The request contradicts what is there: another product has that SKU, somebody changed it first, stock is short, a key was used for something else. */
export class ConflictError extends RetailError {
  override readonly name = 'ConflictError';
  readonly kind: 'conflict' | 'version-conflict' | 'out-of-stock' | 'key-reused';
  readonly status: number;
  override readonly facts: Readonly<Record<string, unknown>>;
  constructor(kind: ConflictError['kind'], message: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.kind = kind;
    this.status = kind === 'version-conflict' ? 412 : 409;
    this.facts = facts;
  }
}

/** The sales file cannot be imported as it is. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}
