import { z } from 'zod';
import { type WrongField, WrongInputError } from '../../domain/errors.ts';
import type { Call } from '../../domain/ports.ts';

const nothing = z.strictObject({});
type Nothing = typeof nothing;

export interface Answer {
  /** Sent as JSON; undefined sends no body. */
  readonly body?: unknown;
  /** Only where it is not the status the route declares. */
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What the parts of a request became after their schemas. */
export interface Input<Params, Query, Headers, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly headers: Headers;
  readonly body: Body;
}

/** The parts of a request before. */
export type RawInput = Input<unknown, unknown, unknown, unknown>;

/** One route: what is served, checked and documented. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With `{names}`, as OpenAPI writes it. */
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly schemas: Input<z.ZodObject, z.ZodType, z.ZodObject, z.ZodType | undefined>;
  readonly answers: { readonly status: number; readonly description: string; readonly schema?: z.ZodType | undefined };
  /** Statuses it may refuse with, besides 400 (every route with input), 404 (every route with an id) and 503. */
  readonly refuses: readonly number[];
  handle(raw: RawInput, call: Call): Promise<Answer>;
}

type RouteParts<Params extends z.ZodObject, Query extends z.ZodType, Headers extends z.ZodObject, Body extends z.ZodType> = Omit<
  Route,
  'schemas' | 'handle' | 'refuses'
> & {
  readonly params?: Params;
  readonly query?: Query;
  readonly headers?: Headers;
  readonly body?: Body;
  readonly refuses?: readonly number[];
  handle(input: Input<z.output<Params>, z.output<Query>, z.output<Headers>, z.output<Body>>, call: Call): Promise<Answer>;
};

/** Declares a route; its handler gets what the schemas made of the request, or is not called. */
export function route<
  Params extends z.ZodObject = Nothing,
  Query extends z.ZodType = Nothing,
  Headers extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodUndefined,
>(parts: RouteParts<Params, Query, Headers, Body>): Route {
  const { params = nothing, query = nothing, headers = anyHeaders, body, handle, refuses = [], ...rest } = parts;
  const schemas = { params, query, headers, body };
  type Parsed = Input<z.output<Params>, z.output<Query>, z.output<Headers>, z.output<Body>>;
  return { ...rest, refuses, schemas, handle: async (raw, call) => handle(parsed(schemas, raw) as Parsed, call) };
}

const anyHeaders = z.object({});
const partNames = { params: 'path', query: 'query', headers: 'headers', body: 'body' } as const;

/** All wrong fields of all parts in one error. */
function parsed(schemas: Route['schemas'], raw: RawInput): RawInput {
  const values: Record<string, unknown> = {};
  const wrong: WrongField[] = [];
  for (const part of ['params', 'query', 'headers', 'body'] as const) {
    const schema = schemas[part];
    if (schema === undefined) continue;
    const found = schema.safeParse(raw[part]);
    if (found.success) values[part] = found.data;
    else wrong.push(...found.error.issues.flatMap((issue) => wrongFields(partNames[part], issue)));
  }
  if (wrong.length > 0) throw new WrongInputError(wrong.slice(0, mostFindings));
  return values as unknown as RawInput;
}

const mostFindings = 100;

function wrongFields(part: WrongField['in'], issue: z.core.$ZodIssue): WrongField[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ in: part, field: [...path, key].join('.'), message: 'is not known here' }));
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return [{ in: part, field: path.join('.'), message: isMissing ? 'is missing' : issue.message }];
}
