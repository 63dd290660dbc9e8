import type { FastifyInstance, RouteOptions as FastifyRoute } from 'fastify';
import type { FastifyValidationResult } from 'fastify/types/schema.js';
import { ConfigError, type ConfigProblem } from '../../kernel/index.ts';
import { type FieldProblem, InvalidInputError } from '../errors.ts';

/** What Standard Schema (standardschema.dev, version 1) promises, as far as it is used here. */
interface StandardSchema {
  readonly '~standard': { validate(value: unknown): Outcome | Promise<Outcome> };
}
interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
type Outcome = { readonly value: unknown; readonly issues?: undefined } | { readonly issues: readonly Issue[] };

const parts: Readonly<Record<string, FieldProblem['in']>> = { body: 'body', querystring: 'query', query: 'query', params: 'path', headers: 'headers' };
const mostIssues = 100;

const isStandard = (schema: unknown): schema is StandardSchema =>
  (typeof schema === 'object' || typeof schema === 'function') && schema !== null && '~standard' in schema;

/** Routes may carry schemas of zod, valibot, arktype (Standard Schema) in place of JSON Schema; one route uses one kind. */
export function takeStandardSchemas(app: FastifyInstance): void {
  app.addHook('onRoute', (route: FastifyRoute) => {
    const schema = (route.schema ?? {}) as Record<string, unknown>;
    const given = Object.keys(parts).filter((part) => schema[part] !== undefined);
    const standard = given.filter((part) => isStandard(schema[part]));
    if (standard.length > 0 && !route.validatorCompiler) useStandard(route, given, standard);
    if (!route.serializerCompiler && Object.values((schema['response'] ?? {}) as object).some(isStandard)) route.serializerCompiler = () => JSON.stringify;
  });
}

function useStandard(route: FastifyRoute, given: readonly string[], standard: readonly string[]): void {
  if (standard.length < given.length) throw new ConfigError(mixed(route, given, standard));
  route.validatorCompiler = ({ schema, httpPart = 'body' }) => {
    const part = parts[httpPart] ?? 'body';
    return (value: unknown) => {
      const outcome = (schema as unknown as StandardSchema)['~standard'].validate(value);
      return 'then' in outcome ? (judged(outcome, part) as unknown as ReturnType<FastifyValidationResult>) : checkedOf(outcome, part);
    };
  };
}

const mixed = (route: FastifyRoute, given: readonly string[], standard: readonly string[]): ConfigProblem[] =>
  given
    .filter((part) => !standard.includes(part))
    .map((part) => ({
      setting: `schema.${part} of ${route.method} ${route.url}`,
      found: 'a JSON Schema',
      allowed: `write it as a Standard Schema, as ${standard.join(', ')} of this route is`,
    }));

type Checked = { readonly value: unknown } | { readonly error: Error };

const checkedOf = (outcome: Outcome, part: FieldProblem['in']): Checked =>
  outcome.issues ? { error: inputError(outcome.issues, part) } : { value: outcome.value };

/** Fastify takes only yes or no of a schema that answers later: what it made of the input is not used. */
async function judged(pending: Promise<Outcome>, part: FieldProblem['in']): Promise<void> {
  const { issues } = await pending;
  if (issues) throw inputError(issues, part);
}

const inputError = (issues: readonly Issue[], part: FieldProblem['in']): InvalidInputError =>
  new InvalidInputError(issues.slice(0, mostIssues).map(({ path, message }) => ({ field: fieldOf(path), in: part, message })));

const fieldOf = (path: Issue['path'] = []): string => path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
