import { z } from 'zod';
import type { Route } from './route.ts';
import { problem } from './schemas.ts';

type Json = Readonly<Record<string, unknown>>;

/** The OpenAPI 3.1 document of the routes: JSON Schema 2020-12 as it stands, so the schemas that check are the schemas that are shown. */
export function openApiDocument(routes: readonly Route[], version: string): Json {
  const components = new Components();
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    (paths[route.path] as Record<string, Json>)[route.method.toLowerCase()] = operationOf(route, components);
  }
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Retail service',
      version,
      description: 'Point of sale on real sales. Money is whole pence, times are UTC. Every refusal is application/problem+json.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths,
    components: { schemas: components.all },
  };
}

/** Named schemas (`meta({ id })`) once, under `components`; whoever uses them refers there. */
class Components {
  readonly all: Record<string, unknown> = {};

  refer(schema: z.ZodType, io: 'input' | 'output'): Json {
    const made = z.toJSONSchema(schema, { target: 'draft-2020-12', io, override: ({ jsonSchema }) => plain(jsonSchema) });
    const { $schema: _, $defs = {}, id, ...own } = rewritten(made) as Json;
    for (const [name, { id: __, ...definition }] of Object.entries($defs as Record<string, Json>)) this.all[name] = definition;
    if (typeof id !== 'string' || '$ref' in own) return own;
    this.all[id] = own;
    return { $ref: `#/components/schemas/${id}` };
  }
}

/** Leaves out what zod adds and nobody needs to read: the bounds of exact integers, and the pattern behind a named format. */
function plain(schema: { minimum?: unknown; maximum?: unknown; format?: unknown; pattern?: unknown }): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.format !== undefined) delete schema.pattern;
}

const rewritten = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/'));

function operationOf({ id, summary, schemas, answers, refuses, method }: Route, components: Components): Json {
  const { params, query, headers, body } = schemas;
  const hasInput = fieldsOf(params).length + fieldsOf(query).length + fieldsOf(headers).length > 0 || body !== undefined;
  const refusals = [...new Set([...(hasInput ? [400] : []), ...(fieldsOf(params).length > 0 ? [404] : []), ...refuses, 503])].sort();
  const problemContent = { 'application/problem+json': { schema: components.refer(problem, 'output') } };
  return {
    operationId: id,
    summary,
    tags: [id.replace(/^[a-z]+/, '').replace(/([a-z])([A-Z]).*/, '$1')],
    parameters: [...parametersOf(params, 'path', components), ...parametersOf(query, 'query', components), ...parametersOf(headers, 'header', components)],
    ...(body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema: components.refer(body, 'input') } } } }),
    responses: {
      [answers.status]: {
        description: answers.description,
        ...(answers.schema === undefined ? {} : { content: { 'application/json': { schema: components.refer(answers.schema, 'output') } } }),
      },
      ...Object.fromEntries(refusals.map((status) => [status, { description: refusalWords[status] ?? 'Refused', content: problemContent }])),
    },
    ...(method === 'GET' ? {} : { description: 'Changes state.' }),
  };
}

const refusalWords: Readonly<Record<number, string>> = {
  400: 'Something in the request is not right; `errors` names each field',
  404: 'Nothing has that id',
  409: 'It contradicts what is there',
  412: 'It was changed in the meantime',
  503: 'The database is away and there is nothing older to show; see Retry-After',
};

const fieldsOf = (schema: z.ZodType): [string, z.ZodType][] => (schema instanceof z.ZodObject ? Object.entries(schema.shape as Record<string, z.ZodType>) : []);

const parametersOf = (schema: z.ZodType, place: 'path' | 'query' | 'header', components: Components): Json[] =>
  fieldsOf(schema).map(([name, field]) => {
    const { description, ...shape } = components.refer(field, 'input');
    const isRequired = place === 'path' || !field.safeParse(undefined).success;
    return { name, in: place, required: isRequired, schema: shape, ...(description === undefined ? {} : { description }) };
  });
