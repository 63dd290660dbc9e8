import { type ConfigProblem, nearest, show } from '../../kernel/index.ts';
import { databaseParts, derivedName, laterNames, redisParts, type Setting, settings } from './table.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A value somebody gave, and where. */
export interface Given {
  readonly value: unknown;
  /** `DB_POOL_MAX`, `millrace.config.ts` or `createMillrace()`. */
  readonly source: string;
}

export interface Reading {
  readonly given: ReadonlyMap<string, Given>;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
}

/** Reads what the environment says. Canonical beats alias; two different values for one setting are a problem, as is a `MILLRACE_` name nobody knows. */
export function readEnvironment(env: Environment): Reading {
  const given = new Map<string, Given>();
  const problems: ConfigProblem[] = unknownNames(env);
  for (const setting of settings) {
    const said = [setting.env, ...setting.aliases].filter((name) => isSet(env[name]));
    const [first, ...others] = said;
    if (first === undefined) continue;
    const conflicting = others.find((name) => env[name] !== env[first]);
    if (conflicting !== undefined) problems.push(conflict(setting, first, conflicting, env));
    given.set(setting.path, { value: setting.kind.parse(env[first] as string), source: first });
  }
  const url = given.has('databaseUrl') ? undefined : databaseUrlOfParts(env, problems);
  if (url !== undefined) given.set('databaseUrl', { value: url, source: 'DB_HOST' });
  const redisUrl = given.has('redisUrl') ? undefined : redisUrlOfParts(env);
  if (redisUrl !== undefined) given.set('redisUrl', { value: redisUrl, source: 'REDIS_HOST' });
  return { given, problems, warnings: [...laterWarnings(env), ...nearMisses(env)] };
}

/** Empty means unset, save for texts that may be empty on purpose. */
const isSet = (value: string | undefined): value is string => value !== undefined && value !== '';

const conflict = ({ secret }: Setting, first: string, other: string, env: Environment): ConfigProblem => ({
  setting: other,
  found: secret ? 'another value' : show(env[other]),
  allowed: secret ? `${first} says something else; set one of them` : `${first} says ${show(env[first])}; set one of them`,
});

const ownNames = new Set([...settings.flatMap(({ env, aliases }) => [env, ...aliases]), 'MILLRACE_CONFIG_FILE']);

const unknownNames = (env: Environment): ConfigProblem[] =>
  Object.keys(env)
    .filter((name) => name.startsWith('MILLRACE_') && !ownNames.has(name))
    .map((name) => ({ setting: name, found: 'not a setting', allowed: suggestion(name) }));

const suggestion = (name: string): string => {
  const close = nearest(name, [...ownNames]);
  return close === undefined
    ? `the settings are listed in docs/reference/configuration.md, such as ${derivedName('cache.memory.size')}`
    : `did you mean ${close}?`;
};

const laterWarnings = (env: Environment): string[] =>
  Object.entries(laterNames)
    .filter(([name]) => isSet(env[name]))
    .map(([name, missing]) => `${name} is known, but there is ${missing} yet: it has no effect`);

const partNames: readonly string[] = [...Object.values(databaseParts).flat(), ...Object.values(redisParts).flat()];
const sourceNames = [...ownNames, ...partNames, ...Object.keys(laterNames)].filter((name) => !name.startsWith('MILLRACE_') && name.length > 6);
const isKnown = new Set([...sourceNames, ...ownNames]);

/** Names one typing error away from one of ours: perhaps meant for us, perhaps not, so only a warning. */
const nearMisses = (env: Environment): string[] =>
  Object.keys(env).flatMap((name) => {
    if (isKnown.has(name) || name.startsWith('MILLRACE_') || !/^(DB|DATABASE|REDIS|CACHE|PERF|SLOW|HEALTH|METRICS)_/.test(name)) return [];
    const close = nearest(name, sourceNames);
    return close === undefined ? [] : [`${name} is not a setting; did you mean ${close}?`];
  });

function databaseUrlOfParts(env: Environment, problems: ConfigProblem[]): string | undefined {
  const part = (names: readonly string[]): string | undefined => {
    const [first, ...others] = names.filter((name) => isSet(env[name]));
    const other = others.find((name) => env[name] !== env[first as string]);
    if (other !== undefined) problems.push({ setting: other, found: 'another value', allowed: `${first} says something else; set one of them` });
    return first === undefined ? undefined : env[first];
  };
  const host = part(databaseParts.host);
  if (host === undefined) return undefined;
  const [user, password, name] = [part(databaseParts.user) ?? 'postgres', part(databaseParts.password), part(databaseParts.name) ?? 'postgres'];
  const login = password === undefined ? encodeURIComponent(user) : `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  return `postgres://${login}@${host}:${part(databaseParts.port) ?? '5432'}/${encodeURIComponent(name)}`;
}

function redisUrlOfParts(env: Environment): string | undefined {
  const [host, port, password, database] = Object.values(redisParts).map(([name]) => (isSet(env[name]) ? env[name] : undefined));
  if (host === undefined) return undefined;
  return `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}${host}:${port ?? '6379'}/${database ?? '0'}`;
}
