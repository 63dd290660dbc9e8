import type { FieldProblem, InvalidInputError } from '../errors.ts';

/** A finding of Ajv, as Fastify passes it on; declared here as far as it is read. */
interface SchemaFinding {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string | undefined;
  readonly params?: { readonly missingProperty?: unknown; readonly additionalProperty?: unknown; readonly allowedValues?: unknown } | undefined;
}

const mostFindings = 100;
const parts: Readonly<Record<string, FieldProblem['in']>> = { body: 'body', querystring: 'query', query: 'query', params: 'path', headers: 'headers' };

/** The wrong fields an error names: of our own error, or of one from a schema validator that lists its findings. Undefined for every other error. */
export function fieldProblemsOf(error: unknown): readonly FieldProblem[] | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && error.code === 'MILLRACE_INPUT') return (error as InvalidInputError).errors.slice(0, mostFindings);
  const { validation, validationContext } = error as { validation?: unknown; validationContext?: unknown };
  if (!Array.isArray(validation)) return undefined;
  const part = parts[String(validationContext)] ?? 'body';
  return (validation as SchemaFinding[]).slice(0, mostFindings).map((finding) => ({ field: fieldOf(finding), in: part, message: messageOf(finding) }));
}

function fieldOf({ instancePath, params }: SchemaFinding): string {
  const path = instancePath.split('/').slice(1).map(unescaped);
  const name = params?.missingProperty ?? params?.additionalProperty;
  return [...path, ...(typeof name === 'string' ? [name] : [])].join('.');
}

/** JSON Pointer, RFC 6901, section 4. */
const unescaped = (segment: string): string => segment.replaceAll('~1', '/').replaceAll('~0', '~');

function messageOf({ keyword, message, params }: SchemaFinding): string {
  if (keyword === 'required') return 'is missing';
  if (keyword === 'additionalProperties') return 'is not known here';
  if (keyword === 'enum' && Array.isArray(params?.allowedValues)) return `must be one of ${params.allowedValues.slice(0, 20).join(', ')}`;
  return message ?? 'is not valid';
}
