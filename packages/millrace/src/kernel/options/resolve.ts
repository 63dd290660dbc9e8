import { ConfigError, type ConfigProblem } from '../errors.ts';
import { nearest } from './nearest.ts';
import type { Rules } from './rules.ts';

type Present = { readonly fallback: NonNullable<unknown> } | { readonly isRequired: true };
type ReadOf<One> = One extends { read(value: unknown): infer Read } ? (One extends Present ? Exclude<Read, undefined> : Read | undefined) : never;

/** Options as the code reads them: checked, frozen, durations as `…Ms`, sizes as `…Bytes`. */
export type Resolved<Table extends Rules> = {
  readonly [Name in keyof Table & string as `${Name}${Table[Name]['suffix']}`]: ReadOf<Table[Name]>;
};

/** Checks everything at once, reports every problem in one `MILLRACE_CONFIG`, and returns a frozen value. An unknown option is a problem. */
export function resolveOptions<Table extends Rules>(area: string, given: object | undefined, rules: Table): Resolved<Table> {
  const problems: ConfigProblem[] = unknownOptions(area, given ?? {}, rules);
  const read: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(rules)) {
    const value = (given as Record<string, unknown> | undefined)?.[name] ?? rule.fallback;
    const result = value === undefined ? undefined : rule.read(value);
    if (value === undefined && rule.isRequired) problems.push({ setting: `${area}.${name}`, found: 'missing', allowed: `write ${rule.allowed}` });
    if (value !== undefined && result === undefined) problems.push({ setting: `${area}.${name}`, found: show(value), allowed: `write ${rule.allowed}` });
    read[name + rule.suffix] = result;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(read) as Resolved<Table>;
}

const unknownOptions = (area: string, given: object, rules: Rules): ConfigProblem[] =>
  Object.keys(given)
    .filter((name) => !Object.hasOwn(rules, name))
    .map((name) => ({ setting: `${area}.${name}`, found: 'not an option', allowed: suggestion(name, Object.keys(rules)) }));

const suggestion = (name: string, names: readonly string[]): string => {
  const close = nearest(name, names);
  return close === undefined ? `the options are ${names.join(', ')}` : `did you mean ${close}?`;
};

/** A value as a message may show it: short, and never an object's insides. */
export const show = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value);
  return typeof value === 'object' && value !== null ? `an ${Array.isArray(value) ? 'array' : 'object'}` : String(value);
};
